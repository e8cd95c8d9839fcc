import Environments
import Foundation
import Tensors

/// Frames at numbered places, each in a byte an entry as long as they have at most 256 different values, as 8-bit images
/// and planes of zeros and ones do; in floats from the first frame on that brings a 257th.
///
/// What is read is bit for bit what was written.
struct FrameStore: Hashable, Sendable {
  /// Entries a frame.
  let length: Int
  /// The value that each byte stands for, in the order of their first appearance.
  private(set) var palette: [Float] = []
  /// Frame after frame; empty once there are too many values.
  private(set) var bytes: [UInt8] = []
  /// Frame after frame; empty as long as bytes suffice.
  private(set) var floats: [Float] = []
  /// An open-addressed table from a value's bits to its byte, −1 for nothing.
  private var table = [Int16](repeating: -1, count: 1024)

  /// Room for frames of a length; the memory of `capacity` of them is only asked for.
  init(length: Int, capacity: Int) {
    self.length = length
    bytes.reserveCapacity(length * capacity)
  }

  /// The most bytes that a frame of a space takes: where entries are any number, while they go over from bytes to floats.
  /// Frames that an attack has changed may take more than their space says.
  static func size(of frame: BoxSpace) -> Int {
    frame.count * (frame.rawMaxima == nil ? 1 + MemoryLayout<Float>.stride : 1)
  }

  /// Whether an entry takes a byte.
  var isInBytes: Bool { floats.isEmpty }
  /// The number of frames.
  var count: Int { (isInBytes ? bytes.count : floats.count) / length }
  /// The memory that the frames take, in bytes.
  var size: Int { bytes.count + floats.count * MemoryLayout<Float>.stride }

  /// Writes a frame to a place, or behind the last.
  /// - Parameters:
  ///   - source: the frame's first entry is at `start`, each further one `stride` entries on for every `run` of them.
  /// - Precondition: `place` is at most ``count``.
  mutating func write(_ source: Span<Float>, start: Int, run: Int, stride: Int, to place: Int) {
    precondition(place <= count, "place \(place) after \(count) frames")
    if isInBytes {
      if place == count { bytes.append(contentsOf: repeatElement(0, count: length)) }
      var target = place * length
      // Neighbors are often equal.
      var (last, code) = (UInt32?.none, UInt8(0))
      for begin in Swift.stride(from: start, to: start + length / run * stride, by: stride) {
        for index in begin..<(begin + run) {
          let value = source[index]
          if value.bitPattern != last {
            guard let found = self.code(of: value) else {
              spread()
              return write(source, start: start, run: run, stride: stride, to: place)
            }
            (last, code) = (value.bitPattern, found)
          }
          bytes[target] = code
          target &+= 1
        }
      }
    } else {
      if place == count { floats.append(contentsOf: repeatElement(0, count: length)) }
      var target = place * length
      for begin in Swift.stride(from: start, to: start + length / run * stride, by: stride) {
        for index in begin..<(begin + run) {
          floats[target] = source[index]
          target &+= 1
        }
      }
    }
  }

  /// Reads the frame at a place, laid out as ``write(_:start:run:stride:to:)`` takes it.
  /// - Precondition: `place` is below ``count``; the frame lies within the target.
  func read(_ place: Int, into target: inout MutableSpan<Float>, start: Int, run: Int, stride: Int) {
    precondition(
      place < count && start >= 0 && start + (length / run - 1) * stride + run <= target.count,
      "a frame beyond its store or its target")
    let (source, groups) = (place &* length, length / run)
    // One entry a group, as in stacks of gray frames, is a loop of its own: it is the one that compilers unroll.
    @inline(__always)
    func lay(_ target: UnsafeMutableBufferPointer<Float>, _ value: (_ entry: Int) -> Float) {
      if run == 1 {
        for group in 0..<groups { target[start &+ group &* stride] = value(group) }
      } else {
        for group in 0..<groups {
          let (from, to) = (group &* run, start &+ group &* stride)
          for index in 0..<run { target[to &+ index] = value(from &+ index) }
        }
      }
    }
    target.withUnsafeMutableBufferPointer { target in
      if isInBytes {
        bytes.withUnsafeBufferPointer { bytes in
          palette.withUnsafeBufferPointer { palette in
            lay(target) { palette[Int(bytes[source &+ $0])] }
          }
        }
      } else {
        floats.withUnsafeBufferPointer { floats in lay(target) { floats[source &+ $0] } }
      }
    }
  }

  /// The byte of a value, a new one if it has none; nil when all are taken.
  private mutating func code(of value: Float) -> UInt8? {
    var slot = Int(truncatingIfNeeded: (value.bitPattern &* 0x9E37_79B1) >> 22)
    while table[slot] >= 0 {
      if palette[Int(table[slot])].bitPattern == value.bitPattern { return UInt8(table[slot]) }
      slot = (slot + 1) & 1023
    }
    guard palette.count < 256 else { return nil }
    table[slot] = Int16(palette.count)
    palette.append(value)
    return UInt8(palette.count - 1)
  }

  /// What was written, as bytes.
  struct State: Codable {
    fileprivate let palette: Tensor
    fileprivate let bytes: Data
    fileprivate let floats: Tensor
  }

  var savedState: State { State(palette: Tensor(palette), bytes: Data(bytes), floats: Tensor(floats)) }

  /// Holds what a store of frames of the same length held.
  mutating func restore(_ state: State) {
    table = Array(repeating: -1, count: table.count)
    palette = []
    for value in state.palette.elements { _ = code(of: value) }
    // In place, so that the memory asked for at the start is used.
    bytes.removeAll(keepingCapacity: true)
    bytes.append(contentsOf: state.bytes)
    floats = state.floats.elements
    if !isInBytes { bytes = [] }
  }

  /// From bytes to floats.
  private mutating func spread() {
    floats.reserveCapacity(bytes.capacity)
    for byte in bytes { floats.append(palette[Int(byte)]) }
    bytes = []
  }
}
