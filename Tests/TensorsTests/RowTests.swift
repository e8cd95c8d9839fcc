import Tensors
import Testing

struct RowTests {
  private let numbers = Tensor((0..<12).map { Float($0) }, shape: [4, 3])

  @Test func replacesRowsInARow() {
    var changed = numbers
    changed.replaceRows(from: 1, with: Tensor([-1, -2, -3, -4, -5, -6], shape: [2, 3]))
    #expect(changed.elements == [0, 1, 2, -1, -2, -3, -4, -5, -6, 9, 10, 11])
    #expect(numbers.elements[3] == 3)
  }

  @Test func replacesRowsAtIndices() {
    var changed = numbers
    changed.replaceRows(at: [3, 0], with: Tensor([-1, -2, -3, -4, -5, -6], shape: [2, 3]))
    #expect(changed.elements == [-4, -5, -6, 3, 4, 5, 6, 7, 8, -1, -2, -3])
  }

  @Test func clearsARow() {
    var changed = numbers
    changed.clearRow(2)
    #expect(changed.elements == [0, 1, 2, 3, 4, 5, 0, 0, 0, 9, 10, 11])
  }

  @Test func movesAShareOfTheWay() {
    var moving = Tensor([0, 1, 2])
    moving.move(toward: Tensor([4, 1, 0]), by: 0.25)
    #expect(moving.elements == [1, 1, 1.5])
  }
}
