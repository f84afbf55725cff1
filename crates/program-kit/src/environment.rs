//! Environment variables.

use layered_settings::is_quoted;

/// Returns the value of a variable. An empty one counts as unset, as in boto3 and in the AWS SDK for Go.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the mistake if a value is in quotation marks. The text names the variable, not the value, which may be
/// secret. `docker run --env-file` keeps the marks, while a shell removes them.
#[must_use]
pub fn quoted(name: &str, value: &str) -> Option<String> {
    is_quoted(value.trim()).then(|| {
        format!(
            "{name}: its value stands in quotation marks, which docker's --env-file passes on as part of the value; \
             remove the quotation marks"
        )
    })
}

/// Returns the value that an argument gives: that of a variable for `env:NAME`, the content of a file without the line
/// break at its end for `@FILE`, or else the text itself. So a secret need not be on the command line.
///
/// # Errors
/// The variable or the file that cannot be used, without any value.
pub fn referenced(text: &str) -> Result<String, String> {
    if let Some(name) = text.strip_prefix("env:") {
        return variable(name).ok_or_else(|| format!("the variable {name} is not set"));
    }
    let Some(path) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    let content = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let value = content.strip_suffix('\n').unwrap_or(&content);
    Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
}

/// Returns the host's name, as Falco does: `FALCO_HOSTNAME`, else the kernel's. Empty if neither is known.
#[must_use]
pub fn hostname() -> String {
    let kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    variable("FALCO_HOSTNAME").unwrap_or_else(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_be_kept_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for content in ["hunter2", "hunter2\n", "hunter2\r\n"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(referenced(&format!("@{}", path.display())).as_deref(), Ok("hunter2"));
        }
        assert_eq!(referenced("Bearer x").as_deref(), Ok("Bearer x"));
        let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap();
        assert_eq!(referenced("env:CARGO_MANIFEST_DIR"), Ok(manifest));
        assert_eq!(referenced("env:NO_SUCH_VARIABLE").unwrap_err(), "the variable NO_SUCH_VARIABLE is not set");
        assert!(referenced("@/no/such/file").unwrap_err().starts_with("/no/such/file: No such file"));
    }

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
