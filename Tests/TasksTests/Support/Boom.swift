/// The errors the bodies of tests throw.
enum Boom: Error, Equatable {
    case first, second, third, cleanup
}
