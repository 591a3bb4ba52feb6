//! Coverage inside a file of the documentation: what stands between two markers is replaced, nothing else.

/// The words of the markers; `[//]: # (BEGIN ruleglot)` works in Markdown and MDX, `<!-- BEGIN ruleglot -->` elsewhere.
const BEGIN: &str = "BEGIN ruleglot";
const END: &str = "END ruleglot";

/// The page with a text between its markers.
///
/// # Errors
/// A page without exactly one pair of markers, as a sentence.
pub fn inject(page: &str, text: &str) -> Result<String, String> {
    let newline = if page.contains("\r\n") { "\r\n" } else { "\n" };
    let marked = |word: &str| -> Vec<(usize, usize)> {
        let mut at = 0;
        let mut found = Vec::new();
        for line in page.split_inclusive('\n') {
            let own = line.trim();
            let marker =
                own.starts_with("[//]: # (") && own.ends_with(')') || own.starts_with("<!--") && own.ends_with("-->");
            if marker && own.contains(word) {
                found.push((at, at + line.len()));
            }
            at += line.len();
        }
        found
    };
    let (begins, ends) = (marked(BEGIN), marked(END));
    let ([(_, start)], [(end, _)]) = (begins.as_slice(), ends.as_slice()) else {
        return Err(format!("{} markers `{BEGIN}` and {} markers `{END}` stand in it", begins.len(), ends.len()));
    };
    if start > end {
        return Err(format!("the marker `{END}` stands before `{BEGIN}`"));
    }
    let (before, after) = (page.get(..*start).unwrap_or(""), page.get(*end..).unwrap_or(""));
    let before_end = if before.ends_with('\n') { "" } else { newline };
    let body = text.trim_end().replace("\r\n", "\n").replace('\n', newline);
    Ok(format!("{before}{before_end}{newline}{body}{newline}{newline}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let page = "# Rules\n\n[//]: # (BEGIN ruleglot)\nold\n[//]: # (END ruleglot)\ntail  \n";
        let once = inject(page, "| a |\n").unwrap();
        assert_eq!(once, "# Rules\n\n[//]: # (BEGIN ruleglot)\n\n| a |\n\n[//]: # (END ruleglot)\ntail  \n");
        assert_eq!(inject(&once, "| a |\n").unwrap(), once);
    }

    #[test]
    fn pages_without_one_pair_of_markers_are_refused() {
        for page in ["", "<!-- BEGIN ruleglot -->\n", "<!-- END ruleglot -->\n<!-- BEGIN ruleglot -->\n"] {
            assert!(inject(page, "x").is_err(), "{page}");
        }
        let windows = inject("<!-- BEGIN ruleglot -->\r\n<!-- END ruleglot -->\r\n", "a\nb\n").unwrap();
        assert_eq!(windows, "<!-- BEGIN ruleglot -->\r\n\r\na\r\nb\r\n\r\n<!-- END ruleglot -->\r\n");
    }
}
