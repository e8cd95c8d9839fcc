import Tensors
import Testing

struct ValueSemanticsTests {
  @Test func changingACopyLeavesTheOriginal() {
    let original = Tensor([1, 2, 3])
    var copy = original
    copy.withMutableElements { $0[1] = 9 }
    #expect(original.elements == [1, 2, 3])
    #expect(copy.elements == [1, 9, 3])
    copy.withMutableElements { $0[0] = 7 }
    #expect(copy.elements == [7, 9, 3])
  }

  @Test func changingAReshapedCopyLeavesTheOriginal() {
    let original = Tensor([1, 2, 3, 4])
    var matrix = original.reshaped(to: [2, 2])
    matrix.withMutableElements { $0[0] = 9 }
    #expect(original.elements == [1, 2, 3, 4])
    var stopped = original.stoppingGradient()
    stopped.withMutableElements { $0[0] = 9 }
    #expect(original.elements == [1, 2, 3, 4])
    var identity = original.activated(.identity)
    identity.withMutableElements { $0[0] = 9 }
    #expect(original.elements == [1, 2, 3, 4])
  }

  /// A recording reads its inputs when gradients are asked: a later change must not reach them.
  @Test func changingAnInputDoesNotChangeItsRecording() {
    var input = Tensor([1, 2])
    let leaf = Tensor([3, 4]).tracked()
    let value = (leaf * input).sum()
    input.withMutableElements { $0[0] = 100 }
    #expect(value.gradient(at: leaf).elements == [1, 2])
  }

  @Test func aChangedTensorIsOffTheTape() {
    let leaf = Tensor([1, 2]).tracked()
    var changed = leaf * 2
    changed.withMutableElements { $0[0] = 5 }
    #expect(changed.elements == [5, 4])
    #expect((changed * leaf).sum().gradient(at: leaf).elements == [5, 4])
  }

  @Test func elementsAreWrittenAndReadInRowMajorOrder() {
    let tensor = Tensor(shape: [2, 2]) { span in
      span[1] = 5
      span[3] = 7
    }
    #expect(tensor.elements == [0, 5, 0, 7])
    #expect(tensor.withElements { $0[3] + Float($0.count) } == 11)
    #expect(tensor.slice(0..<1).elements == [0, 5])
    #expect(Tensor(3).shape == [])
    #expect(Tensor([1, 2]).shape == [2])
  }

  @Test func equality() {
    #expect(Tensor([1, 2]) == Tensor([1, 2]))
    #expect(Tensor([1, 2]) != Tensor([1, 2], shape: [2, 1]))
    #expect(Tensor([1, 2]) != Tensor([1, 3]))
    #expect(Tensor([0.0]) == Tensor([-0.0]))
    let undefined = Tensor([.nan])
    #expect(undefined != undefined)
  }

  @Test func shapes() {
    let shape: Shape = [2, 3, 4]
    #expect(shape.rank == 3)
    #expect(shape.count == 24)
    #expect(shape[-1] == 4)
    #expect(shape.dimensions == [2, 3, 4])
    #expect(shape.description == "[2, 3, 4]")
    #expect(Shape([]).count == 1)
    #expect(Shape([2, 3]) != Shape([2, 3, 1]))
  }
}
