import RandomStreams
import Tensors

/// The observations of a batch that a search still works on, with what it works with: some are finished before others.
struct OpenRows {
  private(set) var clean: CleanPass
  private(set) var criterion: any Criterion
  private(set) var neighborhood: Neighborhood
  /// Their places in the batch.
  private(set) var places: [Int]
  /// One an observation.
  var streams: [RandomStream]
  private var batch: [RandomStream]

  /// All of a batch.
  init(
    _ clean: CleanPass, meeting criterion: any Criterion, within neighborhood: Neighborhood,
    using random: [RandomStream]
  ) {
    (self.clean, self.criterion, self.neighborhood) = (clean, criterion, neighborhood)
    (places, streams, batch) = (Array(0..<clean.count), random, random)
  }

  var count: Int { places.count }
  var isEmpty: Bool { places.isEmpty }

  /// The streams of the whole batch as they are now, those of finished observations included.
  var batchStreams: [RandomStream] {
    guard count < batch.count else { return streams }
    var all = batch
    for (row, place) in places.enumerated() { all[place] = streams[row] }
    return all
  }

  /// Goes on with some of them, in the order of the indices.
  mutating func keep(_ rows: [Int]) {
    guard rows.count < count else { return }
    batch = batchStreams
    (places, streams) = (rows.map { places[$0] }, rows.map { streams[$0] })
    (clean, criterion) = (clean.rows(at: rows), criterion.rows(at: rows))
    neighborhood = neighborhood.rows(at: rows)
  }
}
