internal import Model

extension WebAnswer {
    /// Reads the body, a whole XML document, into `handler`.
    ///
    /// - Throws: ``SourceError`` with `not_xml`, `inconsistent` when it is cut off, or what `handler` throws.
    func read<Handler: XMLDocumentHandler>(into handler: Handler) throws(SourceError) -> Handler {
        var handler = handler
        var scanner = XMLScanner()
        do throws(SourceError) {
            try scanner.scan(body, into: &handler)
            try scanner.finish()
        } catch  where isWebPage && error.code != .inconsistent {
            throw SourceError(.notXML, "the server answered with a web page instead of XML; check url, and see auth")
        } catch {
            throw SourceError(
                error.code, "the answer \(error.message)", isRetryable: error.isRetryable, details: error.details)
        }
        return handler
    }
}
