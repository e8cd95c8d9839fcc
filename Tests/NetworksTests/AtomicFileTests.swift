import Foundation
import Networks
import TestSupport
import Testing

struct AtomicFileTests {
  @Test func createsAndReplacesAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      // The longest name that common file systems take: one for the temporary file must not be longer.
      let url = folder.appending(path: String(repeating: "n", count: 255))
      try AtomicFile.write([1, 2, 3] as [UInt8], to: url)
      #expect(try [UInt8](Data(contentsOf: url)) == [1, 2, 3])
      try AtomicFile.write(Data(), to: url)
      #expect(try Data(contentsOf: url).isEmpty)
      #expect(try names(in: folder).count == 1)
      // Foundation makes a new file with the same permissions, as the process's mask says.
      let other = folder.appending(path: "other")
      try #require(FileManager.default.createFile(atPath: other.path, contents: nil))
      #expect(try permissions(of: url) == permissions(of: other))
    }
  }

  @Test func aDraftTakesItsPlaceWhenItIsWhole() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      try Data([9]).write(to: url)
      do {
        let abandoned = try AtomicFile.Draft(of: url)
        try abandoned.append([1] as [UInt8])
        #expect(try names(in: folder).count == 2)
      }
      #expect(try names(in: folder) == ["file"])
      let draft = try AtomicFile.Draft(of: url)
      try draft.append([1, 2] as [UInt8])
      try draft.append([3] as [UInt8])
      #expect(try Data(contentsOf: url) == Data([9]))
      try draft.publish()
      #expect(try Data(contentsOf: url) == Data([1, 2, 3]))
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func aSymbolicLinkStaysAndItsTargetIsReplaced() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "target")
      let link = folder.appending(path: "link")
      try Data([1]).write(to: target)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      try AtomicFile.write([2] as [UInt8], to: link)
      #expect(try Data(contentsOf: target) == Data([2]))
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == target.path)
    }
  }

  @Test func aSymbolicLinkToWhatIsNotThereYetStays() throws {
    try withTemporaryFolder { folder in
      let (target, link) = (folder.appending(path: "target"), folder.appending(path: "link"))
      try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "target")
      try AtomicFile.write([2] as [UInt8], to: link)
      #expect(try Data(contentsOf: target) == Data([2]))
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "target")
    }
  }

  @Test func aFolderThatIsNotThereIsNamed() throws {
    try withTemporaryFolder { folder in
      let absent = folder.appending(path: "absent/file")
      let error = #expect(throws: AtomicFile.Failure.self) {
        try AtomicFile.write([1] as [UInt8], to: absent)
      }
      #expect(error?.description == "cannot write \(absent.path): No such file or directory")

      let file = folder.appending(path: "file")
      try Data([1]).write(to: file)
      let inside = file.appending(path: "inside")
      let second = #expect(throws: AtomicFile.Failure.self) {
        try AtomicFile.write([1] as [UInt8], to: inside)
      }
      #expect(second?.description == "cannot write \(inside.path): Not a directory")
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func aFailureAtTheLastStepRemovesTheTemporaryFile() throws {
    try withTemporaryFolder { folder in
      let taken = folder.appending(path: "taken")
      try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: false)
      let error = #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write([1] as [UInt8], to: taken) }
      #expect(error?.description == "cannot write \(taken.path): Is a directory")
      #expect(try names(in: folder) == ["taken"])
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func aFolderThatIsReadOnlyKeepsItsFile() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      try Data([1]).write(to: url)
      chmod(folder.path, 0o555)
      defer { chmod(folder.path, 0o755) }
      let error = #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write([2] as [UInt8], to: url) }
      #expect(error?.description == "cannot write \(url.path): Permission denied")
      #expect(try Data(contentsOf: url) == Data([1]))
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func aPipeIsNotReplaced() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "pipe")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      let error = #expect(throws: AtomicFile.Failure.self) { try AtomicFile.write([1] as [UInt8], to: pipe) }
      #expect(error?.reason == "it is a device, a pipe or a socket, not a file")
      #expect(try names(in: folder) == ["pipe"])
    }
  }

  @Test func manyMayWriteAndReadersSeeOneContentOrAnother() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      let size = 1 << 20
      try AtomicFile.write(Data(repeating: 0, count: size), to: url)
      try await withThrowingTaskGroup(of: Void.self) { group in
        // One short task a write, so that all cores write and read at once however many there are.
        for writer in 1...100 as ClosedRange<UInt8> {
          group.addTask {
            try AtomicFile.write(Data(repeating: writer, count: size), to: url)
            let content = try Data(contentsOf: url)
            #expect(content == Data(repeating: content[0], count: size))
          }
        }
        try await group.waitForAll()
      }
      #expect(try names(in: folder) == ["file"])
    }
  }

  private func permissions(of url: URL) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
  }
}
