import re

CHANGE = re.compile(r"Require a password.*: from On to Off", re.IGNORECASE)


def rule(event):
    if event.get("category_type") != "User Group" or event.get("action") != "Update":
        return False
    return bool(CHANGE.search(event.get("operation_detail", "")))


def title(event):
    return f"Zoom meetings without password allowed by {event.get('operator')}"
