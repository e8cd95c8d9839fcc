import Foundation
import Networks
import Testing

struct ScheduleTests {
  @Test(arguments: [Float(-1), 0, 0.3, 1, 2])
  func constant(_ progress: Float) {
    #expect(Schedule.constant(0.25).value(at: progress) == 0.25)
  }

  @Test(arguments: [(-0.5, 1), (0, 1), (0.1, 0.775), (0.2, 0.55), (0.4, 0.1), (0.7, 0.1), (1, 0.1)])
  func linearOverAShareOfTheRun(_ progress: Float, _ expected: Float) {
    let schedule = Schedule.linear(from: 1, to: 0.1, share: 0.4)
    #expect(abs(schedule.value(at: progress) - expected) < 1e-6)
  }

  @Test(arguments: [(0, 0), (0.25, 0), (0.375, 1), (0.5, 2), (0.75, 4), (1, 4)])
  func rampBetweenTwoShares(_ progress: Float, _ expected: Float) {
    #expect(Schedule.ramp(from: 0, to: 4, start: 0.25, end: 0.75).value(at: progress) == expected)
  }

  @Test func cosine() {
    let schedule = Schedule.cosine(from: 3, to: 1)
    for step in 0...20 {
      let progress = Float(step) / 20
      let expected = 1 + 2 * 0.5 * (1 + cos(Double.pi * Double(progress)))
      #expect(abs(Double(schedule.value(at: progress)) - expected) < 1e-6)
    }
    #expect(schedule.value(at: -1) == 3)
    #expect(schedule.value(at: 2) == 1)
  }

  /// No share at all: the end value from the start, and no division of zero by zero.
  @Test func emptyShares() {
    #expect(Schedule.linear(from: 1, to: 0, share: 0).value(at: 0) == 0)
    #expect(Schedule.ramp(from: 1, to: 0, start: 0.5, end: 0.5).value(at: 0.5) == 0)
    #expect(Schedule.ramp(from: 1, to: 0, start: 0.5, end: 0.5).value(at: 0.25) == 1)
  }

  @Test(arguments: [
    Schedule.constant(1), .linear(from: 1, to: 0, share: 0.5), .ramp(from: 0, to: 1, start: 0.25, end: 0.5),
    .cosine(from: 1, to: 0),
  ])
  func survivesCoding(_ schedule: Schedule) throws {
    let data = try JSONEncoder().encode(schedule)
    #expect(try JSONDecoder().decode(Schedule.self, from: data) == schedule)
  }

  @Test(arguments: [
    ("0.5", Schedule.constant(0.5)), ("1..0.05", .linear(from: 1, to: 0.05, share: 1)),
    ("1e-3..0@0.5", .linear(from: 1e-3, to: 0, share: 0.5)),
    ("0..1@0.2..0.5", .ramp(from: 0, to: 1, start: 0.2, end: 0.5)), ("cosine 1..0", .cosine(from: 1, to: 0)),
  ])
  func isReadFromItsText(_ text: String, _ schedule: Schedule) {
    #expect(Schedule(text) == schedule)
    #expect(Schedule(schedule.description) == schedule)
  }

  @Test(arguments: ["", "a", "1..", "1..2..3", "1@0.5", "1..2@", "1..2@0.5..0.2", "1..2@2", "nan", "1@1@1"])
  func otherTextIsNoSchedule(_ text: String) { #expect(Schedule(text) == nil) }
}
