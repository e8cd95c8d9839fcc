import Environments
import Foundation
import RandomStreams
import TestSupport
import Testing

@Suite("Camera")
struct CameraTests {
  private static let space = BoxSpace(height: 50, width: 50, channels: 1, rawMaxima: [255])

  /// The frames that a camera makes of a gray wall.
  private func frames(_ camera: Camera, count: Int, gray: Float = 0.5, seed: UInt64 = 0) -> [[Float]] {
    var camera = camera
    var random = RandomStream(seed: seed, stream: .camera)
    camera.start(using: &random)
    return (0..<count).map { _ in
      var frame = [Float](repeating: gray, count: Self.space.count)
      var span = frame.mutableSpan
      camera.capture(&span, of: Self.space)
      camera.advance(using: &random)
      return frame
    }
  }

  private func mean(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  @Test("noise has its deviation, and differs between frames and pixels")
  func noise() {
    let frames = frames(Camera(noise: 0.05, isQuantized: false), count: 20)
    let all = frames.flatMap { $0 }
    let variance = all.reduce(0) { $0 + pow(Double($1) - 0.5, 2) } / Double(all.count)
    // 50,000 draws: the deviation's own standard error is 0.05/√100,000 = 0.00016.
    #expect(abs(variance.squareRoot() - 0.05) < 0.0008)
    #expect(abs(mean(all) - 0.5) < 0.0012)
    #expect(Set(frames.map { $0[0] }).count == 20)
    let covariance = zip(frames[0], frames[1]).reduce(0) { $0 + Double(($1.0 - 0.5) * ($1.1 - 0.5)) } / 2500
    #expect(abs(covariance) < 5 * 0.0025 / 50)
  }

  @Test("brightness drifts alike over a frame, slowly, and is stationary")
  func drift() {
    let camera = Camera(noise: 0, drift: 0.05, driftSteps: 20, isQuantized: false)
    let frames = frames(camera, count: 20_000)
    #expect(frames.allSatisfy { frame in frame.allSatisfy { $0 == frame[0] } })
    let offsets = frames.map { Double($0[0]) - 0.5 }
    let variance = offsets.reduce(0) { $0 + $1 * $1 } / Double(offsets.count)
    let product = zip(offsets, offsets.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(offsets.count)
    // About 500 independent stretches: the deviation is known to 0.0016, the correlation to 0.0007.
    #expect(abs(variance.squareRoot() - 0.05) < 0.008)
    #expect(abs(product / variance - exp(-1.0 / 20)) < 0.004)
    // The first frame drifts already: every episode starts at another brightness.
    let starts = (0..<200).map { Double(self.frames(camera, count: 1, seed: UInt64($0))[0][0]) - 0.5 }
    let spread = (starts.reduce(0) { $0 + $1 * $1 } / 200).squareRoot()
    #expect(abs(spread - 0.05) < 5 * 0.05 / 20)
  }

  @Test("frames stay within the bounds, and quantized ones are k/255")
  func bounds() {
    for gray: Float in [0, 0.5, 1] {
      let camera = Camera(noise: 0.3, drift: 0.1, isQuantized: true)
      for value in frames(camera, count: 3, gray: gray).joined() {
        #expect((0...1).contains(value))
        #expect(Float(Int((value * 255).rounded())) / 255 == value)
      }
    }
    #expect(Camera(noise: 0.1).space(of: Self.space) == Self.space)
    #expect(Camera(noise: 0.1, isQuantized: false).space(of: Self.space).rawMaxima == nil)
  }

  @Test("quantization rounds to the nearest of 256 levels")
  func quantization() {
    let levels = frames(Camera(noise: 0, isQuantized: true), count: 1, gray: 100.49 / 255)[0]
    #expect(levels.allSatisfy { $0 == 100.0 / 255 })
    let next = frames(Camera(noise: 0, isQuantized: true), count: 1, gray: 100.51 / 255)[0]
    #expect(next.allSatisfy { $0 == 101.0 / 255 })
  }

  @Test("looking twice gives the same frame; a step gives another; the world does not notice")
  func looking() throws {
    let catalog = try repositoryCatalog()
    var filmed = try catalog.definition(for: "catch-camera-v1").makeVector(count: 2)
    var bare = try catalog.definition(for: "catch-v1").makeVector(count: 2)
    for lane in 0..<2 {
      filmed.reset(lane, seed: 3)
      bare.reset(lane, seed: 3)
    }
    #expect(filmed.observations() == filmed.observations())
    // The same seed films the same noise in every lane.
    #expect(filmed.observation(0) == filmed.observation(1))
    for _ in 0..<9 {
      let before = filmed.observation(0)
      let outcomes = filmed.step([0, 2])
      #expect(outcomes == bare.step([0, 2]))
      #expect(filmed.observation(0) != before)
      for (filmed, bare) in zip(filmed.observation(0), bare.observation(0)) {
        #expect(abs(filmed - bare) < 0.25)
      }
    }
  }
}
