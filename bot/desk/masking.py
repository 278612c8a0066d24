"""Phones and names as the desk shows them: enough to compare with what the customer says, not enough to leak."""


def mask_phone(phone: str | None) -> str | None:
    """``138****1234`` for a mobile; of a shorter number only the last four digits stay."""
    if not phone:
        return None
    kept = 3 if len(phone) >= 11 else 0
    return f"{phone[:kept]}{'*' * max(len(phone) - kept - 4, 4)}{phone[-4:] if len(phone) > 4 else ''}"


def mask_name(name: str | None) -> str:
    """``王**``: the family name and as many stars as there were characters."""
    return name[0] + "*" * (len(name) - 1) if name else ""
