//! Verification.

codes! {
    BUG = "verification-failed": "The output does not mean what the source means, and no named loss explains it: a bug in ruleglot.", "Report the rule to the project; until then translate it by hand.";
    DIFFERS = "verification-differs": "The two rules differ on an event.", "Look at the event shown: one rule matches it, the other does not.";
    NOT_RUN = "verification-not-run": "The two sides could not be run on events.", "See the reason; the verdict rests on the plan alone.";
    UNDECIDED = "test-undecided": "No event was found on which this test alone decides the outcome.", "Look whether another condition makes this one superfluous.";
}
