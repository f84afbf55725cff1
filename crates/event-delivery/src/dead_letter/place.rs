//! Where letters are kept, as a person writes it.

use std::fmt;
use std::path::PathBuf;

use common_aws::queue::Queue;

/// The store for events that no backend takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterPlace {
    /// A file with a JSON object on each line.
    File(PathBuf),
    /// A queue with a JSON object in each message. Without a region, the region of the default chain.
    Sqs {
        /// The queue.
        queue: Queue,
        /// Its region.
        region: Option<String>,
    },
}

impl LetterPlace {
    /// The form of the setting, for messages.
    pub const SHAPE: &str = "file:PATH or sqs://QUEUE (a name, URL or ARN)";

    /// Returns `None` if `text` has another form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("file", path) => file(path).map(Self::File),
            ("sqs", rest) => {
                let queue = Queue::parse(rest.strip_prefix("//")?)?;
                Some(Self::Sqs { region: queue.region().map(str::to_owned), queue })
            }
            _ => None,
        }
    }

    /// Returns a hint for a queue that is not one.
    #[must_use]
    pub fn hint(text: &str) -> Option<String> {
        Queue::hint(text.strip_prefix("sqs://")?)
    }
}

/// Writes it as in a configuration.
impl fmt::Display for LetterPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Sqs { queue, .. } => write!(f, "sqs://{queue}"),
        }
    }
}

fn file(path: &str) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters() {
        let file = LetterPlace::File("fig-dead-letter.jsonl".into());
        assert_eq!(LetterPlace::parse("file:fig-dead-letter.jsonl"), Some(file));
        let by_arn = LetterPlace::parse("sqs://arn:aws:sqs:eu-west-1:123456789012:dead.fifo").unwrap();
        let LetterPlace::Sqs { queue, region } = by_arn else { panic!("a queue is a queue") };
        assert!(queue.to_string().ends_with(":dead.fifo") && region.as_deref() == Some("eu-west-1"));
        for right in ["sqs://dead", "sqs://https://sqs.eu-west-1.amazonaws.com/123456789012/dead"] {
            let kind = LetterPlace::parse(right).unwrap();
            assert!(matches!(kind, LetterPlace::Sqs { .. }) && kind.to_string() == right, "{right}");
        }
        for wrong in
            ["", "dead", "file:", "sqs:dead", "sqs://", "sqs://a b", "sqs://arn:aws:sns:eu-west-1:123456789012:x"]
        {
            assert_eq!(LetterPlace::parse(wrong), None, "{wrong}");
        }
    }
}
