"""What OULAD's files hold, what its words mean here, and what was assumed where it does not say."""

TABLES = {
    "courses": ("code_module", "code_presentation", "module_presentation_length"),
    "studentInfo": (
        "code_module", "code_presentation", "id_student", "gender", "region", "highest_education", "imd_band",
        "age_band", "num_of_prev_attempts", "studied_credits", "disability", "final_result",
    ),
    "studentRegistration": (
        "code_module", "code_presentation", "id_student", "date_registration", "date_unregistration",
    ),
    "assessments": ("code_module", "code_presentation", "id_assessment", "date"),
    "studentAssessment": ("id_assessment", "id_student", "date_submitted", "is_banked", "score"),
    "vle": ("id_site", "code_module", "code_presentation", "activity_type"),
    "studentVle": ("code_module", "code_presentation", "id_student", "id_site", "date", "sum_click"),
}  # fmt: skip
NUMBERS = {
    "module_presentation_length", "num_of_prev_attempts", "studied_credits", "date_registration",
    "date_unregistration", "date", "date_submitted", "is_banked", "sum_click",
}  # fmt: skip
STARTS = {"B": (2, 1), "J": (10, 1)}
PASSED = ("Pass", "Distinction")
PAGE_TYPES = {
    "homepage": "course_home",
    "oucontent": "lesson", "page": "lesson", "dualpane": "lesson",
    "subpage": "course_page", "sharedsubpage": "course_page", "folder": "course_page",
    "forumng": "forum", "oucollaborate": "forum", "ouelluminate": "forum", "ouwiki": "forum",
    "quiz": "quiz", "externalquiz": "quiz", "questionnaire": "quiz", "repeatactivity": "quiz",
    "resource": "resource", "glossary": "resource", "dataplus": "resource", "htmlactivity": "resource",
    "url": "other",
}  # fmt: skip
REMEDY = (
    "Download the dataset (analyse.kmi.open.ac.uk/open-dataset, CC BY 4.0) and unpack its seven CSV files into "
    "data/oulad, or name their folder as source.path."
)
FILES = {
    "learners": ("studentInfo", "studentRegistration"),
    "protected": ("studentInfo", "studentRegistration"),
    "products": ("courses", "studentRegistration"),
    "enrollments": ("studentInfo", "studentRegistration", "courses"),
    "page_views": ("studentVle", "vle"),
    "submissions": ("studentAssessment", "assessments"),
}
NOTES = {
    ("learners", "registered_at"): "day of the first registration for any presentation",
    ("learners", "country"): "United Kingdom for everybody: the source gives a region",
    ("learners", "city"): "region at the first registration; the source has no city",
    ("protected", "declared_at"): "day of the first registration",
    ("products", "announced_at"): "a year before the start, or the first registration if that was earlier",
    ("products", "recorded_at"): "assumed equal to announced_at",
    ("products", "ends_at"): "start plus planned length",
    ("enrollments", "enrolled_at"): "first day of the course, or of unregistration, where not recorded",
    ("enrollments", "recorded_at"): "assumed equal to enrolled_at",
    ("enrollments", "amount"): "0: the source has no prices",
    ("enrollments", "completed_at"): "end of the course, where the final result is Pass or Distinction",
    ("enrollments", "completion_recorded_at"): "end of the course",
    ("enrollments", "withdrawn_at"): "day of unregistration, whatever the final result",
    ("enrollments", "withdrawal_recorded_at"): "assumed equal to withdrawn_at",
    ("page_views", "viewed_at"): "first instant of the day: the source counts clicks by day",
    ("page_views", "recorded_at"): "assumed equal to viewed_at",
    ("page_views", "views"): "clicks of one person on one site on one day, summed",
    ("page_views", "url"): "the site's number",
    ("submissions", "recorded_at"): "assumed equal to submitted_at: the source has no date of marking",
}
