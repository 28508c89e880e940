//! prompt-security's closed sets.

use crate::label::labels;

labels! {
    /// What prompt-security is asked to do.
    SecurityOperation = "operation" {
        /// Judge a prompt.
        Validate = "validate",
        /// Remove what may not leave from a prompt.
        Sanitize = "sanitize",
        /// Judge a model's answer.
        ScanOutput = "scan_output",
    }

    /// The verdict on a prompt.
    SecurityVerdict = "result" {
        /// Nothing found.
        Passed = "passed",
        /// A risk found; the prompt is refused.
        Blocked = "blocked",
        /// The guard failed.
        Error = "error",
    }

    /// Why a prompt-security operation failed.
    SecurityError = "error_type" {
        /// Input that the guard cannot read.
        InvalidInput = "invalid_input",
        /// The guard's deadline passed.
        Timeout = "timeout",
        /// The guard model failed.
        ModelError = "model_error",
        /// prompt-security's own limit refused the call.
        RateLimited = "rate_limited",
        /// Anything else of its own making.
        Internal = "internal",
    }

    /// The kind of a detected injection.
    InjectionType = "type" {
        /// In the prompt itself.
        Direct = "direct",
        /// In retrieved or tool-supplied text.
        Indirect = "indirect",
        /// Talks the model out of its rules.
        Jailbreak = "jailbreak",
        /// Asks for the system prompt.
        PromptLeak = "prompt_leak",
        /// Hidden by base64, homoglyphs, zero-width characters.
        Encoding = "encoding",
        /// None of these.
        Other = "other",
    }

    /// The severity of a detected injection.
    InjectionSeverity = "severity" {
        /// Probably harmless.
        Low = "low",
        /// To be looked at.
        Medium = "medium",
        /// An attack.
        High = "high",
    }

    /// The category of a security event (OpenTelemetry `security.risk.category`, with common guards' own).
    EventType = "event_type" {
        /// A detected injection.
        PromptInjection = "prompt_injection",
        /// A detected jailbreak.
        Jailbreak = "jailbreak",
        /// Personal data found.
        Pii = "pii",
        /// Credentials found.
        Secrets = "secrets",
        /// Toxic text found.
        Toxicity = "toxicity",
        /// An answer that breaks a policy.
        Policy = "policy",
        /// A limit was hit.
        RateLimit = "rate_limit",
        /// None of these.
        Other = "other",
    }

    /// The severity of a security event.
    EventSeverity = "severity" {
        /// For the record.
        Info = "info",
        /// Probably harmless.
        Low = "low",
        /// To be looked at.
        Medium = "medium",
        /// An attack or a leak.
        High = "high",
    }

    /// Models that prompt-security itself pays for.
    SecurityModel = "model" {
        /// The classifier that sees every prompt, self-hosted.
        PromptGuard = "llama-prompt-guard-2-86m",
        /// The judge that sees what the classifier is unsure of.
        Judge = "gpt-4o-mini",
    }
}
