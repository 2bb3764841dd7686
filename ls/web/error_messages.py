"""The texts of errors, for pages and for the API."""

from flask_babel import lazy_gettext as _l

PAGES = {
    400: (_l("That request made no sense"), _l("Something in it could not be read. Go back and try again.")),
    401: (_l("You are logged out"), _l("Log in, then try again.")),
    403: (_l("This is closed"), _l("You cannot open this page.")),
    404: (_l("Nothing here"), _l("The page does not exist, or what it showed is gone.")),
    405: (_l("Not this way"), _l("This page cannot be used like that. Go back and use its buttons.")),
    409: (_l("Not right now"), _l("The state of things does not allow this.")),
    413: (_l("Too large"), _l("What you sent is larger than this server takes.")),
    414: (_l("Address too long"), _l("The address of this page is too long.")),
    415: (_l("Wrong kind of content"), _l("This page takes a form.")),
    422: (_l("That needs another look"), _l("Something in what you entered is not right.")),
    429: (_l("Too many attempts"), _l("Wait a little, then try again.")),
    500: (_l("Something broke here"), _l("It is not your fault. Nothing was saved. Try again in a moment.")),
    503: (_l("The server is busy"), _l("The database does not answer. Try again in a moment.")),
}

API_DETAILS = {404: "Not found.", 500: "Internal server error.", 503: "The database does not answer."}

EXPIRED = _l("This page was open for too long, or you logged out elsewhere. Go back, reload it, and send again.")

OTHER_KEY = _l(
    "This server's secret key is not the one that your API token was made with. Whoever runs the server: put the file "
    "secret_key, or LABEL_STUDIO_SECRET_KEY, back as it was, or make a new token with: roster user token --reset"
)
