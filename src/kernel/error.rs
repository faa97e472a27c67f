//! What can go wrong with the kernel as witness.
//!
//! In: the system's errors. Out: messages of subject and cause, with the next step for the person who reads them.
//! Invariant: a leaf file.

use rustix::io::Errno;

/// Why the kernel could not be heard. `Display` is `SUBJECT: CAUSE`; [`KernelError::next_step`] goes with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// Not on this system.
    #[error("the kernel's word: not offered here, Linux alone has these events")]
    NotOffered,
    /// The process may not trace.
    #[error("the kernel's word: {}: {cause}", needs(*in_user_namespace))]
    NotPermitted {
        /// Whether the process lives in a user namespace of its own, where tracing is never permitted.
        in_user_namespace: bool,
        /// The system's words.
        cause: String,
    },
    /// The kernel was built without tracing, or hides it.
    #[error("the kernel's word: this kernel offers no tracefs ({cause})")]
    NoTracefs {
        /// The system's words.
        cause: String,
    },
    /// The kernel lacks every event that is listened to.
    #[error("the kernel's word: this kernel has none of the events {events}")]
    NoEvents {
        /// Their names.
        events: String,
    },
    /// A file of the kernel could not be read or written.
    #[error("{file}: {cause}")]
    File {
        /// Its name, below the root of tracefs or whole.
        file: String,
        /// The system's words.
        cause: String,
    },
    /// A file of the kernel does not read as expected.
    #[error("{file}: {problem}")]
    Unreadable {
        /// Its name, below the root of tracefs or whole.
        file: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl KernelError {
    pub(super) fn file(file: &str, error: Errno) -> Self {
        Self::File { file: file.to_owned(), cause: error.to_string() }
    }

    pub(super) fn unreadable(file: &str, problem: &'static str) -> Self {
        Self::Unreadable { file: file.to_owned(), problem }
    }

    /// What the reader may try now.
    pub fn next_step(&self) -> Option<String> {
        Some(match self {
            Self::NotPermitted { in_user_namespace: true, .. } => {
                "as root outside of the namespace, or go without: --no-kernel".to_owned()
            }
            Self::NotPermitted { in_user_namespace: false, .. } => {
                "run it with sudo, or go without: --no-kernel".to_owned()
            }
            Self::NotOffered | Self::NoTracefs { .. } | Self::NoEvents { .. } => {
                "go without: --no-kernel".to_owned()
            }
            Self::File { .. } | Self::Unreadable { .. } => return None,
        })
    }
}

const fn needs(in_user_namespace: bool) -> &'static str {
    if in_user_namespace {
        "never offered in a user namespace, since tracing is the whole host's"
    } else {
        "it needs root (CAP_SYS_ADMIN)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_is_told_why_and_what_to_do() {
        let refused = |in_user_namespace| KernelError::NotPermitted {
            in_user_namespace,
            cause: "Operation not permitted (os error 1)".to_owned(),
        };
        let text = |error: KernelError| format!("{error} | {}", error.next_step().unwrap_or_default());
        assert_eq!(
            text(refused(false)),
            "the kernel's word: it needs root (CAP_SYS_ADMIN): Operation not permitted (os error 1) | \
             run it with sudo, or go without: --no-kernel"
        );
        assert!(text(refused(true)).contains("never offered in a user namespace"));
        assert!(KernelError::file("events", Errno::IO).to_string().starts_with("events: "));
    }
}
