/// The start of an element of an XML document.
struct XMLElement {
    /// Its name without a prefix. Servers disagree about namespaces, and about versions of them.
    let name: String
    /// Its attributes, by their names without prefixes.
    let attributes: XMLAttributes
    /// How many elements are open around it; 0 for the root.
    let depth: Int
}
