"""The shape of what Account & Settings takes; the rules stand below, where API and commands share them."""

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import PasswordField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired

from ls.accounts import sign_up as signup
from ls.exceptions import InvalidFields
from ls.images.avatar import MAX_BYTES, Picture, PictureRefused, read_picture
from ls.web.languages import LANGUAGES


def _l(text: str) -> Any:
    """The text in the language of whoever it is shown to; WTForms takes it for a str, as it behaves like one."""
    return lazy_gettext(text)


APPEARANCES = [
    SelectChoice("auto", _l("Same as the device")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
]
SPOKEN = [
    SelectChoice("", _l("Same as the browser")),
    *(SelectChoice(name, own_name) for name, own_name in LANGUAGES.items()),
]
EXPIRED = _l("This page was open for too long, so nothing was changed. Send it again.")


class OwnForm(FlaskForm):
    """A form of this page; an expired page is told in `problem`, not beside a field."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # Flask-WTF ships no types

    @property
    def problem(self) -> Any:
        """What is wrong with the form as a whole, or None."""
        return EXPIRED if "csrf_token" in self.errors else None

    def refuse(self, refused: InvalidFields) -> None:
        """Put each message of a broken rule beside its field."""
        for name, messages in refused.errors.items():
            self[name].errors = [*self[name].errors, *messages]


def _stripped(value: str | None) -> str:
    return (value or "").strip()


def _language(value: str | None) -> str:
    """The language by whichever spelling of its tag: zh_Hans, zh-Hans, zh-hans."""
    wanted = (value or "").lower().replace("-", "_")
    return next((name for name in LANGUAGES if name.lower() == wanted), value or "")


class AccountForm(OwnForm):
    """Profile, language and appearance: a request may carry any of them."""

    first_name = StringField(_l("First name"), filters=[_stripped])
    last_name = StringField(_l("Last name"), filters=[_stripped])
    phone = StringField(_l("Phone"), filters=[_stripped])
    language = SelectField(_l("Language"), choices=SPOKEN, filters=[_language])
    appearance = RadioField(_l("Appearance"), choices=APPEARANCES)

    def validate_first_name(self, field: StringField) -> None:
        """Names and phone obey the one rule that the API obeys too."""
        try:
            signup.check_profile({str(field.short_name): str(field.data)})
        except InvalidFields as refused:
            raise ValidationError(str(refused)) from None

    validate_last_name = validate_phone = validate_first_name

    def carried(self) -> dict[str, Any]:
        """The values of the fields that the request carries, as the account keeps them."""
        values = {
            str(field.short_name): field.data for field in self if field.raw_data and field.short_name != "csrf_token"
        }
        if values.get("language") == "":
            values["language"] = None
        return values


class PictureForm(OwnForm):
    """One picture file, read and encoded anew once the rest of the form is in order."""

    avatar = MultipleFileField(_l("Picture file"))
    picture: Picture

    def validate(self, extra_validators: Any = None) -> bool:
        """Is there one file, and is it a picture?"""
        return bool(super().validate(extra_validators)) and self._read()

    def _read(self) -> bool:
        files = self.avatar.data or []
        try:
            if len(files) != 1:
                raise ValidationError(_l("Choose one picture only.") if files else _l("Choose a picture first."))
            with files[0].stream as stream:
                self.picture = read_picture(stream.read(MAX_BYTES + 1))
        except (ValidationError, PictureRefused) as refused:
            self.avatar.errors = [_l(refused.message) if isinstance(refused, PictureRefused) else refused.args[0]]
        return not self.avatar.errors


class PasswordForm(OwnForm):
    """The new password twice, and the present one."""

    current_password = PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password."))])
    new_password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password."))])
    confirm_password = PasswordField(
        _l("New password again"), [InputRequired(_l("Enter the new password a second time."))]
    )

    def validate_confirm_password(self, field: PasswordField) -> None:
        """Typed the same way twice?"""
        if field.data != self.new_password.data:
            raise ValidationError(_l("The two passwords differ."))
