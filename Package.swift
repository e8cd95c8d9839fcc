// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Hoodwink",
  products: [
    .executable(name: "hoodwink", targets: ["hoodwink"]),
    .library(
      name: "Hoodwink",
      targets: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes",
        "Agents", "Defenses", "Evaluation", "Display",
      ]),
  ],
  traits: [
    .trait(name: "Window", description: "A live SDL2 window for `hoodwink watch`.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // Each target imports only targets that stand above it.
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    // Without pkgConfig: SwiftPM warns about a flag in SDL's on every build with the trait.
    .systemLibrary(name: "CSDL2", providers: [.apt(["libsdl2-dev"])]),
    .target(name: "CKernels"),
    .target(name: "RandomStreams"),
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Networks", dependencies: ["RandomStreams", "Tensors"]),
    .target(
      name: "Environments",
      dependencies: ["RandomStreams", .product(name: "Yams", package: "Yams")]),
    .target(name: "Policies", dependencies: ["RandomStreams", "Tensors", "Networks", "Environments"]),
    .target(
      name: "Attacks",
      dependencies: ["RandomStreams", "Tensors", "Networks", "Environments", "Policies"]),
    .target(
      name: "Episodes",
      dependencies: ["RandomStreams", "Tensors", "Environments", "Policies", "Attacks"]),
    .target(
      name: "Agents",
      dependencies: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes",
      ]),
    .target(
      name: "Defenses",
      dependencies: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Agents",
      ]),
    .target(
      name: "Evaluation",
      dependencies: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes",
      ]),
    .target(
      name: "Display",
      dependencies: [
        "CPNG", .target(name: "CSDL2", condition: .when(traits: ["Window"])), "RandomStreams", "Tensors",
        "Networks", "Environments", "Policies", "Attacks", "Episodes", "Evaluation",
      ]),
    .executableTarget(
      name: "hoodwink",
      dependencies: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes",
        "Agents", "Defenses", "Evaluation", "Display",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "benchmark",
      dependencies: [
        "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes", "Agents",
        "Defenses",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// One folder of tests a module, plus what they share.
let testedModules = [
  "RandomStreams", "Tensors", "Networks", "Environments", "Policies", "Attacks", "Episodes", "Agents",
  "Defenses", "Evaluation", "Display",
]
package.targets.append(
  .target(
    name: "TestSupport", dependencies: ["RandomStreams", "Tensors", "Environments"], path: "Tests/TestSupport"
  ))
package.targets.append(
  .testTarget(
    name: "hoodwinkTests",
    dependencies: ["hoodwink", "RandomStreams", "Environments", "Policies", "TestSupport"]))
for module in testedModules {
  package.targets.append(
    .testTarget(
      name: "\(module)Tests",
      dependencies: [.target(name: module), "TestSupport"] + (module == "Tensors" ? ["CKernels"] : []),
      exclude: ["Networks", "Environments", "Attacks", "Display"].contains(module) ? ["Fixtures"] : []))
}
