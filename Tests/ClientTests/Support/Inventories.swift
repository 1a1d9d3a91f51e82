/// An inventory with every part that a daemon may tell, three sources of which two answered.
enum Inventories {
    /// What it came to, but for its braces.
    static let facts = #"""
        "counts":{"main":1247,"reserves":71,"inter\u001bloan":null},"total":1318,
        "deltas":{"main":2,"reserves":-18,"inter\u001bloan":null},
        "sources":{
            "main":{"state":"ok","count":1247,"exact":false,"method":"sru","took_ms":14,"checked_at":"2026-11-21T09:30:00.125Z","exception":null},
            "reserves":{"state":"suspicious","count":71,"exact":true,"method":"oai walk","took_ms":61250,"checked_at":"2026-11-21T09:31:01.375Z","exception":null},
            "inter\u001bloan":{"state":"failed","count":null,"exact":null,"method":null,"took_ms":null,"checked_at":null,
                "exception":{"type":"SourceError","message":"=日本\u001b[2J","source":"interloan","code":"connect"}}},
        "discrepancies":[
            {"kind":"missing_from","source":"reserves","other":"main","key":"k1","times":null},
            {"kind":"missing_from","source":"reserves","other":"main","key":"k2","times":null},
            {"kind":"missing_from","source":"reserves","other":"main","key":"k3","times":null},
            {"kind":"missing_from","source":"reserves","other":"main","key":"k4\u0007","times":null},
            {"kind":"duplicate","source":"main","other":null,"key":"0415203929","times":36}],
        "reconciliation":{"by":"control_number",
            "sources":{"main":{"keys":1247,"unusable":12,"without_key":1,"duplicates":599,"new":3,"vanished":0},
                "reserves":{"keys":89,"unusable":0,"duplicates":0,"new":null,"vanished":null}},
            "rules":[{"source":"reserves","within":"main","found":9},
                {"source":"inter\u001bloan","apart_from":"main","found":null}],
            "new":{"main":["n1","n2","n3"]},"vanished":{"main":[]},"is_complete":false},
        "verification":{"total":1247,
            "statuses":{"ok_on_shelf":975,"ok_checked_out":0,"missing":67,"on_shelf_but_checked_out":125,"on_shelf_but_lost":0,
                "in_transit":0,"unknown_barcode":0,"scanned_twice":0,"not_scanned":0,"unverifiable":0},
            "problems":[{"barcode":"31247000000016","status":"missing","system_status":"13","title":"Emma\u001b"}],"is_complete":true},
        "verdict":"suspicious"
        """#.split(separator: "\n").joined()

    /// The facts of two sources as the daemons tell them that neither compare nor verify.
    static func plain(main: Int, delta: String = "null", state: String = "ok") -> String {
        #"{"counts":{"main":\#(main),"loans":34},"total":\#(main + 34),"deltas":{"main":\#(delta),"loans":null},"#
            + #""sources":{"main":{"state":"\#(state)","count":\#(main),"took_ms":3},"loans":{"state":"ok","count":34}},"#
            + #""discrepancies":[],"verdict":"ok"}"#
    }

    /// An inventory that is done, as the daemon shows it.
    static func task(
        _ id: Int = 12, _ state: String = "succeeded", name: String = "nightly", result: String = "null",
        exception: String = "null", more: String = ""
    ) -> String {
        #"{"id":\#(id),"name":"\#(name)","kind":"inventory","state":"\#(state)","done":true,"result":\#(result),"#
            + #""exception":\#(exception),"started_at":"2026-11-21T09:30:00.000Z","#
            + #""finished_at":"2026-11-21T09:31:02.000Z"\#(more)}"#
    }

    /// The daemon's job files: two that are inventories and one that is not, and one that is wrong.
    static let jobs = #"""
        {"jobs":[
            {"name":"nightly","path":"/srv/jobs/nightly.yaml","error":null,"job":{"key":"k","labels":{"a":"b"},"inventory":{
                "sources":[{"name":"main","sru":{"url":"http://a/"}},{"name":"reserves","oai":{"url":"http://b/"}},
                    {"name":"loans","file":{"path":"l.csv","format":"csv"}},{"name":"branch","sip2":{"host":"d"}}],
                "quorum":3,"drop_alert_percent":5,
                "reconcile":{"by":"isbn","expect":[{"source":"reserves","within":"main"},
                    {"source":"loans","apart_from":"main"}]},
                "verify":{"scanned":"s.txt","sip2":{"host":"c"}}}}},
            {"name":"nap","path":"/srv/jobs/nap.yaml","error":null,"job":{"sleep":1}},
            {"name":"weekly","path":"/srv/jobs/weekly.yaml","error":null,"job":{"name":"w","inventory":{
                "sources":[{"name":"main","sru":{"url":"http://a/"}}]}}},
            {"name":"wrong","path":"/srv/jobs/wrong.yaml","error":"slep: unknown\u0007","job":null}]}
        """#.split(separator: "\n").joined()
}
