import RandomStreams
import Tensors
import Networks
func measure(_ name: String, batch: Int, _ body: () -> Void) {
  if CommandLine.arguments.count > 1, CommandLine.arguments[1] != "\(name) \(batch)" { return }
  for _ in 0..<3 { body() }
  let clock = ContinuousClock()
  var rates: [Double] = []
  for _ in 0..<(CommandLine.arguments.count > 1 ? 200 : 7) {
    let start = clock.now
    var n = 0
    while clock.now - start < .milliseconds(CommandLine.arguments.count > 1 ? 8 : 60) { for _ in 0..<(batch == 1 ? 20 : 1) { body(); n += 1 } }
    let d = clock.now - start
    rates.append(Double(n * batch) / (Double(d.components.attoseconds) * 1e-18 + Double(d.components.seconds)))
  }
  rates.sort()
  print(name, batch, Int(rates[CommandLine.arguments.count > 1 ? rates.count - 2 : rates.count / 2]), "us/call", 1e6 * Double(batch) / rates[CommandLine.arguments.count > 1 ? rates.count - 2 : rates.count / 2])
}
var random = RandomStream(seed: 1)
let nets: [(String, Network.Architecture)] = [
  ("mlp", try .init(input: [147], layers: [.dense(outputs: 64, activation: .relu), .dense(outputs: 64, activation: .relu), .dense(outputs: 7, activation: .identity)])),
  ("conv-small", try .init(input: [10,10,4], layers: [.convolution(filters: 16, kernel: 3, activation: .relu), .flatten, .dense(outputs: 128, activation: .relu), .dense(outputs: 6, activation: .identity)])),
  ("conv-atari", try .init(input: [84,84,4], layers: [.convolution(filters: 32, kernel: 8, stride: 4, activation: .relu), .convolution(filters: 64, kernel: 4, stride: 2, activation: .relu),.convolution(filters: 64, kernel: 3, activation: .relu),.flatten, .dense(outputs: 512, activation: .relu), .dense(outputs: 6, activation: .identity)])),
]
for (name, a) in nets {
  var net = try Network(a, initializer: .kaiming, using: &random)
  for batch in [1, 32, 256] {
    let x = Tensor(shape: Shape([batch] + a.input)) { s in for i in s.indices { s[i] = Float(random.uniform()) } }
    let labels = (0..<batch).map { _ in random.index(below: 6) }
    let n = net
    measure("forward \(name)", batch: batch) { _ = n(x) }
    measure("fgsm \(name)", batch: batch) {
      let leaf = x.tracked()
      let scores = n(leaf)
      let g = scores.crossEntropy(with: scores.argmax()).sum().gradient(at: leaf)
      _ = (x + g.sign() * Float(8.0/255)).clamped(to: 0...1)
    }
    var opt = Optimizer(Adam())
    measure("train \(name)", batch: batch) {
      let (_, g) = Workers.one.valueAndGradients(of: { (m: Network, rows: Range<Int>) in
        m(rows.count == batch ? x : x.slice(rows)).crossEntropy(with: Array(labels[rows])).sum() / Float(batch) }, at: net, rows: batch)
      opt.update(&net.parameters, along: g, learningRate: 1e-4)
    }
    if batch == 256 {
    measure("train2 \(name)", batch: batch) {
      let (_, g) = Workers(threads: 2).valueAndGradients(of: { (m: Network, rows: Range<Int>) in
        m(rows.count == batch ? x : x.slice(rows)).crossEntropy(with: Array(labels[rows])).sum() / Float(batch) }, at: net, rows: batch)
      opt.update(&net.parameters, along: g, learningRate: 1e-4, on: Workers(threads: 2))
    }}
  }
}
