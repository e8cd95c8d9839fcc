import Display
import Foundation
import Testing

@Suite struct RecorderTests {
  @Test func framesAreNumberedFromOne() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("films/first")
      var recorder = try Recorder(folder: film)
      let canvases = (1...3).map { pattern(width: $0, height: 2) }
      for canvas in canvases { try recorder.record(canvas) }
      #expect(recorder.frameCount == 3)
      #expect(try names(in: film) == ["frame-000001.png", "frame-000002.png", "frame-000003.png"])
      let alone = folder.appendingPathComponent("alone.png")
      try PNG.write(canvases[2], to: alone)
      let last = film.appendingPathComponent("frame-000003.png")
      #expect(try Data(contentsOf: last) == Data(contentsOf: alone))
    }
  }

  @Test func anEmptyFolderIsTaken() throws {
    try withTemporaryFolder { folder in
      var recorder = try Recorder(folder: folder)
      try recorder.record(Canvas(width: 1, height: 1))
      #expect(try names(in: folder) == ["frame-000001.png"])
    }
  }

  @Test(arguments: ["frame-000001.png", "notes.txt", ".hidden"])
  func aFolderWithSomethingInItIsRefused(name: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data("kept".utf8).write(to: file)
      let error = #expect(throws: DisplayError.self) { _ = try Recorder(folder: folder) }
      #expect(
        error?.description
          == "Cannot record into \(folder.path): it is not empty. A recording wants a folder of its own.")
      #expect(try Data(contentsOf: file) == Data("kept".utf8))
    }
  }

  @Test func aFileIsNoFolder() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      for place in [file, file.appendingPathComponent("below")] {
        let error = #expect(throws: DisplayError.self) { _ = try Recorder(folder: place) }
        #expect(error?.description.hasPrefix("Cannot record into \(place.path): ") == true)
      }
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func aFrameThatCannotBeWrittenIsNotCounted() throws {
    try withTemporaryFolder { folder in
      let film = folder.appendingPathComponent("film")
      var recorder = try Recorder(folder: film)
      try FileManager.default.removeItem(at: film)
      // A recorder cannot be captured by the closure of `#expect(throws:)`.
      var error: DisplayError?
      do {
        try recorder.record(Canvas(width: 1, height: 1))
      } catch let thrown as DisplayError {
        error = thrown
      }
      #expect(error?.description.hasSuffix("frame-000001.png: No such file or directory.") == true)
      #expect(recorder.frameCount == 0)
    }
  }
}
