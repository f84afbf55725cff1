//! Variables of the environment.

/// Returns the value of a variable; an empty one counts as unset, as in boto3 and in the AWS SDK for Go.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns what is wrong with a value that stands in quotation marks, in a sentence that names the variable and not the
/// value, which may be secret. `docker run --env-file` keeps the marks, where a shell
/// takes them away.
#[must_use]
pub fn quoted(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    let is_quoted =
        ['"', '\''].iter().any(|mark| value.len() > 1 && value.starts_with(*mark) && value.ends_with(*mark));
    is_quoted.then(|| {
        format!(
            "{name}: its value stands in quotation marks, which docker's --env-file passes on as part of the value; \
             remove the quotation marks"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_around_a_value_are_named_without_the_value() {
        for value in ["\"us-east-1\"", "'us-east-1'", " \"us-east-1\"\r", "\"\""] {
            let text = quoted("AWS_REGION", value).unwrap();
            assert!(text.starts_with("AWS_REGION: ") && text.contains("remove the quotation marks"), "{text}");
            assert!(!text.contains("us-east-1"), "{text}");
        }
        for value in ["us-east-1", "\"", "a\"b\"", "\"a'", "", "{\"a\": \"b\"}"] {
            assert_eq!(quoted("AWS_REGION", value), None, "{value}");
        }
    }
}
