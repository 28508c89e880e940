//! What becomes of each key of a service that is not read: left out for a reason, or refused with a remedy.
//!
//! A key is left out only if no answer of a service depends on it. This module must not know the shape of a value.

/// Keys that are read, for messages.
pub(crate) const READ: [&str; 12] = [
    "image",
    "command",
    "entrypoint",
    "user",
    "environment",
    "volumes",
    "ports",
    "healthcheck",
    "extra_hosts",
    "networks",
    "depends_on",
    "x-*",
];

/// Keys that are left out, and why.
pub(crate) const LEFT_OUT: [(&str, &str); 16] = [
    ("cap_drop", "hardening changes no answer"),
    ("container_name", "containers are named after the run"),
    ("cpus", "limits are those of the machine"),
    ("deploy", "limits are those of the machine"),
    ("expose", "services of one network reach each other on every port"),
    ("labels", "containers carry the labels of the run"),
    ("logging", "logs are read for errors and end with the container"),
    ("mem_limit", "limits are those of the machine"),
    ("mem_reservation", "limits are those of the machine"),
    ("pids_limit", "limits are those of the machine"),
    ("pull_policy", "images are pulled only when that is asked for"),
    ("read_only", "hardening changes no answer"),
    ("restart", "a service that ends shall be seen, not started again"),
    ("security_opt", "hardening changes no answer"),
    ("stop_grace_period", "who stops a service says how long it may take"),
    ("tmpfs", "hardening changes no answer"),
];

/// Keys that change what runs, and what to write instead.
pub(crate) const REFUSED: [(&str, &str); 6] = [
    ("build", "name an image that is built beforehand"),
    ("configs", "mount the file as a volume"),
    ("env_file", "write the variables below `environment`"),
    ("links", "services of one network reach each other by name"),
    ("network_mode", "use a network of the file"),
    ("secrets", "mount the file as a volume"),
];

/// Why a key is left out.
pub(crate) fn left_out(key: &str) -> Option<&'static str> {
    LEFT_OUT.iter().find(|(name, _)| *name == key).map(|(_, why)| *why)
}

/// What to write instead of a key.
pub(crate) fn refused(key: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(name, _)| *name == key).map(|(_, remedy)| *remedy)
}
