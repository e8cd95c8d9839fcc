import Foundation
import Testing

@testable import Agents

@Suite("TensorBoard's event files")
struct EventFileTests {
  /// What PyPI's tensorboard 2.21.0 wrote for the same events (`RecordWriter` over `Event.SerializeToString`).
  @Test("records have the bytes of TensorBoard's own writer")
  func bytes() {
    let reference =
      "0f000000000000006d532b091a0d627261696e2e4576656e743a32fc985129"
      + "1b000000000000001a0d9e13090000000000c0724010ac022a0d0a0b0a046c6f7373150000803ef763b61a"
      + "1d00000000000000602fdf23090000000000c0724010ac022a0f0a0d0a0672657475726e15000060c06d00099d"
    let written = EventFile.header + EventFile.records(of: ["return": -3.5, "loss": 0.25], step: 300)
    #expect(written.map { String(format: "%02x", $0) }.joined() == reference)
  }
}
