/// Takes what an XML document is made of, in the order it stands there.
protocol XMLDocumentHandler {
    /// An element starts.
    mutating func start(_ element: XMLElement) throws(SourceError)

    /// The element `name`, around which `depth` others are open, ends.
    ///
    /// - Parameter text: its character data; of an element with children only what follows the last of them.
    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError)
}
