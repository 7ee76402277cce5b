"""Verdicts: the words in which tables say what a comparison came to, and by which pages read them again."""

# of any comparison
UNKNOWN, TOO_FEW = "cannot tell", "too few to say"

# of a product that could be launched
LAUNCH, HOLD, NOT_ENOUGH = "1", "0", "not enough evidence"

# of deciders that are no models, and of the teams of the panel together
CHANCE, ALL, HINDSIGHT = "chance", "launch all", "in hindsight"
BOTH_TEAMS = "both teams"

# of a feature, by who sees it
BOTH, FOREST_ONLY, OLS_ONLY, NEITHER = "both", "forest only", "OLS only", "neither"

# of a component of a model, of two of them, and of a model that has fewer
EARNS, MAY_GO, NOT_USED = "earns its place", "may go", "not used"
REPLACE, NEED, APART = "replace each other", "need each other", "independent"
NOT_WORSE, WORSE = "not worse", "worse"

# of a gap between groups of people
GAP_SHOWN, GAP_EXCLUDED = "gap shown", "gap excluded"
GROWING, SHRINKING = "growing", "shrinking"

# of a protected attribute: whether a model reads it, or features tell it
USED, PROXIED, EXCLUDED = "used", "present through proxies", "excluded"

# of an input against its tolerance
WITHIN, NEAR, BEYOND, BROKEN = "within", "near its limit", "beyond its limit", "out of specification already"
NO_LIMIT, NOT_MEASURED = "no limit found", "not measured by records"

# of a model that meets worse records, and of a limit of alert that no tolerance sets
AS_TRAINED, RETRAINED = "as trained", "retrained"
CONTROL, ABOVE = "control", "above "

# of a failure mode: the priority of action
HIGH, MEDIUM, LOW = "high", "medium", "low"

# of a criterion of a gate
MET, MISSED = "met", "missed"

# of an acceptance test, beside those of a criterion
HELD_BY_TESTS, ACCEPTED, REFUSED, NOT_TRIED = "held by the tests", "accepted", "refused", "not tried yet"

# of journeys: of a channel, of a way, of what follows it, of a grouping, of an action, of a check
ADDS, NOT_SHOWN, TAKES = "adds", "not shown", "takes away"
WINS, LOSES, AS_OTHERS = "wins", "loses", "as others"
NOTHING = "nothing more"
ALIKE, DIFFER, LITTLE = "no difference shown", "differ", "differ by little"
NO_ACTION = "none shown to help"
FINE, MIND = "in order", "mind this"

# of an experiment: of its arms' sizes, and of what an arm does to a metric
RATIO_KEPT, MISMATCH = "as meant", "sample ratio mismatch"
RAISES, LOWERS, NO_EFFECT = "raises", "lowers", "no effect that matters"
KEEPS, HARMS = "kept", "harmed"  # of what must not get worse
EFFECT_DIFFERS = "differs"  # of a group, from all others
GROWS, FADES, NO_CHANGE = "grows", "fades", "no change shown"

# of fresh data: of a promise, of a change, of a challenger, and what to do
AS_PROMISED, WORSE_THAN_PROMISED = "as promised", "worse than promised"
DRIFTED, NO_DRIFT = "drifted", "no drift shown"
BETTER = "better"
KEEP, KEEP_WATCHING, RECALIBRATE = "keep", "keep, and look again", "recalibrate"
RETRAIN, MEND = "retrain", "mend the records"
IN_CONTROL, OUT_OF_CONTROL, RUN_OF_MONTHS = "in control", "out of control", "a run on one side"
