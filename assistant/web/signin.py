"""The pages on which people sign in and out, and find their drafts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.errors import AccessError, InputError, ScopingError
from assistant.store.accounts import Account
from assistant.web import auth
from assistant.web.reader import Reader
from assistant.web.visit import visit
from assistant.wiring import Product

NAMES = {"en": "English", "es": "Español", "pt": "Português"}
Remember = Callable[[Response, str, Request, Product], None]
"""Gives the browser the cookie that opens a draft."""


def add_sign_in(app: FastAPI, product: Product, remember: Remember) -> None:
    """Add the routes of signing in and out, and of one's own account."""
    accounts, settings = product.store.accounts, product.settings

    @app.get("/signin")
    def page(request: Request, next: str = "/account") -> Response:
        return _sign_in_page(product, request, auth.inside(next))

    @app.post("/signin")
    def sign_in(request: Request, form: FormData = auth.FORM_SENT) -> Response:
        forward = auth.inside(str(form.get("next", "")))
        if settings.auth == "oidc":
            raise AccessError("passwords are not used here", fix="sign in at the provider", key="forbidden")
        address = request.client.host if request.client else ""
        try:
            token = accounts.sign_in(
                str(form.get("email", "")), str(form.get("password", "")), address=address
            )
        except AccessError as error:
            status = 429 if error.key == "sign_in_wait" else 401
            return _sign_in_page(product, request, forward, error, status)
        return _go_in(product, request, token, forward)

    if settings.auth != "local":
        _add_provider(app, product)

    @app.post("/signout")
    def sign_out(request: Request, form: FormData = auth.FORM_SENT) -> Response:
        accounts.sign_out(request.cookies.get(auth.SESSION, ""))
        response = RedirectResponse("/signin", 303)
        auth.end(response)
        return response

    @app.get("/account")
    def account(request: Request) -> Response:
        who = _anybody(request)
        shown = auth.reader(product, auth.language(request))
        response = HTMLResponse(headers={"Cache-Control": "no-store"})
        drafts = _drafts(product, who, request)
        response.body = _account_page(shown, who, drafts, auth.csrf(request)).encode()
        response.headers["content-length"] = str(len(response.body))
        return response

    @app.post("/account/keep")
    def keep(request: Request, form: FormData = auth.FORM_SENT) -> Response:
        who = auth.person(request, "applicant")
        draft = visit(product.drafts, request.cookies, request.headers).draft
        if draft is None:
            raise InputError("no draft is open", fix="open it by its link", key="draft_gone")
        product.drafts.own(draft.id, who.id)
        return RedirectResponse("/account", 303)

    @app.post("/account/open/{draft_id}")
    def open_draft(draft_id: str, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        who = auth.person(request, "applicant")
        token = product.drafts.key(draft_id, who.id, settings.retention_days)
        response = RedirectResponse("/", 303)
        remember(response, token, request, product)
        return response


def _add_provider(app: FastAPI, product: Product) -> None:
    from assistant.web.oidc import STATE, Provider

    provider = Provider(product.settings)

    @app.get("/signin/provider")
    def to_provider(request: Request, next: str = "/account") -> Response:
        try:
            where, state = provider.begin(_callback(product, request), auth.inside(next))
        except AccessError as error:
            return _sign_in_page(product, request, auth.inside(next), error, 502)
        response = RedirectResponse(where, 303)
        secure = request.url.scheme == "https"
        response.set_cookie(STATE, state, max_age=600, httponly=True, samesite="lax", secure=secure)
        return response

    @app.get("/signin/callback")
    def from_provider(request: Request) -> Response:
        try:
            signed, forward = provider.finish(
                dict(request.query_params), request.cookies.get(STATE, ""), _callback(product, request)
            )
            token = product.store.accounts.sign_in_signed(signed)
        except AccessError as error:
            refused = _sign_in_page(product, request, "/account", error, 403)
            refused.delete_cookie(STATE)
            return refused
        response = _go_in(product, request, token, auth.inside(forward))
        response.delete_cookie(STATE)
        return response


def _callback(product: Product, request: Request) -> str:
    base = product.settings.public_url or str(request.base_url)
    return base.rstrip("/") + "/signin/callback"


def _go_in(product: Product, request: Request, token: str, forward: str) -> Response:
    """On with a new session; one that the browser brought along ends, so that nobody can have planted it."""
    if old := request.cookies.get(auth.SESSION):
        product.store.accounts.sign_out(old)
    response = RedirectResponse(forward, 303)
    auth.begin(request, response, token, product.settings.session_hours)
    return response


def _anybody(request: Request) -> Account:
    account = auth.signed_in(request)
    if account is None:
        raise AccessError("nobody is signed in", fix="sign in at /signin", key="sign_in_first")
    return account


# --- HTML --------------------------------------------------------------------------------------------------


def _sign_in_page(
    product: Product, request: Request, forward: str, error: ScopingError | None = None, status: int = 200
) -> Response:
    shown = auth.reader(product, auth.language(request))
    response = HTMLResponse(status_code=status, headers={"Cache-Control": "no-store"})
    hidden = auth.form_cookie(request, response)
    parts = [Markup("<h1>{}</h1>").format(shown.say("sign.title"))]
    if error is not None:
        parts.append(Markup('<p role="alert">{} {}</p>').format(*shown.explain(error)))
    if product.settings.auth != "local":
        link = Markup('<p><a class="button" href="/signin/provider?next={}">{}</a></p>')
        parts.append(link.format(forward, shown.say("sign.provider")))
    if product.settings.auth == "both":
        parts.append(Markup("<p>{}</p>").format(shown.say("sign.or")))
    if product.settings.auth != "oidc":
        parts.append(_form(shown, hidden, forward))
    parts.append(Markup("<p>{}</p>").format(shown.say("sign.link_note")))
    parts.append(_languages(shown, f"/signin?next={forward}&lang="))
    response.body = _page(shown, shown.say("sign.title"), parts).encode()
    response.headers["content-length"] = str(len(response.body))
    return response


def _form(shown: Reader, hidden: str, forward: str) -> Markup:
    return Markup(
        '<form method="post" action="/signin?lang={}"><input type="hidden" name="csrf" value="{}">'
        '<input type="hidden" name="next" value="{}"><label for="email">{}</label>'
        '<input id="email" name="email" type="email" autocomplete="username" required>'
        '<label for="password">{}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required>'
        '<button type="submit" class="main">{}</button></form>'
    ).format(
        shown.lang,
        hidden,
        forward,
        shown.say("sign.email"),
        shown.say("sign.password"),
        shown.say("sign.submit"),
    )


def _account_page(shown: Reader, who: Account, drafts: list[tuple[str, str]] | None, hidden: str) -> str:
    name = who.name or who.email or who.id
    parts = [
        Markup("<h1>{}</h1><p>{}</p>").format(
            shown.say("sign.account"), shown.say("sign.signed_in_as", name=name)
        )
    ]
    desks = [(f"/{role}/", f"sign.{role}_desk") for role in ("coach", "staff") if who.may(role)]
    parts += [Markup('<p><a class="button" href="{}">{}</a></p>').format(p, shown.say(k)) for p, k in desks]
    if drafts is not None:
        parts.append(Markup("<h2>{}</h2>").format(shown.say("sign.your_drafts")))
        parts += [
            _button(f"/account/open/{id}", shown.say("sign.open", date=day), hidden) for id, day in drafts
        ]
        if not drafts:
            parts.append(Markup("<p>{}</p>").format(shown.say("sign.no_drafts")))
        parts.append(_button("/account/keep", shown.say("sign.keep"), hidden))
    parts += [_button("/signout", shown.say("sign.out"), hidden), _languages(shown, "/account?lang=")]
    return _page(shown, shown.say("sign.account"), parts)


def _drafts(product: Product, who: Account, request: Request) -> list[tuple[str, str]] | None:
    if not who.may("applicant"):
        return None
    found = [product.drafts.get(id) for id in product.drafts.owned(who.id)]
    return [(d.id, d.touched_at.date().isoformat()) for d in found if d is not None]


def _button(action: str, label: str, hidden: str) -> Markup:
    return Markup(
        '<form method="post" action="{}"><input type="hidden" name="csrf" value="{}">'
        '<button type="submit">{}</button></form>'
    ).format(action, hidden, label)


def _languages(shown: Reader, path: str) -> Markup:
    links = Markup("").join(
        Markup('<li><a href="{}" lang="{}" hreflang="{}"{}>{}</a></li>').format(
            path + lang, lang, lang, Markup(' aria-current="true"') if lang == shown.lang else "", name
        )
        for lang, name in NAMES.items()
    )
    return Markup('<nav aria-label="{}"><ul>{}</ul></nav>').format(shown.say("sign.language"), links)


def _page(shown: Reader, title: str, parts: list[Markup]) -> str:
    return str(
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{}</title>'
            '<link rel="stylesheet" href="/page/page.css"></head><body class="alone"><main>'
            '<p class="from">{}<br><a href="/">{}</a></p>{}</main></body></html>'
        ).format(shown.lang, title, shown.say("page.title"), shown.say("page.back"), Markup("").join(parts))
    )
