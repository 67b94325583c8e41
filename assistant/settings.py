"""What can be configured, read once in `wiring.py` and passed by argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import ConfigError

PACKAGE = Path(__file__).resolve().parent


def default_home() -> Path:
    """The folder that holds corpus/ and prompts/: the checkout's root, or the copy inside an installed wheel."""
    checkout = PACKAGE.parent
    return checkout if (checkout / "corpus" / "programme").is_dir() else PACKAGE / "data"


def default_data_dir() -> Path:
    """The user's data folder, by the habits of the system."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "scoping"


class Settings(BaseSettings):
    """Effective settings; secrets are secret types and never print."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_file=".env", extra="ignore", frozen=True)

    engine: Literal["local", "llm"] = "local"
    llm_base_url: str | None = Field(
        None, validation_alias=AliasChoices("ASSISTANT_LLM_BASE_URL", "OPENAI_BASE_URL")
    )
    llm_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("ASSISTANT_LLM_API_KEY", "OPENAI_API_KEY")
    )
    llm_model: str | None = None
    structured_output: Literal["json_schema", "tools", "json_mode"] = "json_schema"
    llm_reply_tokens: int = Field(6_000, ge=256)
    """The longest reply a model may give."""
    llm_first_text: float = Field(15.0, gt=0)
    """Seconds to the first word of a reply; a model that reasons for long needs more."""
    llm_seconds: float = Field(45.0, gt=0)
    """Seconds that a turn waits for its model; then the local engine reads it."""
    token_budget: int | None = Field(None, ge=1)
    """Tokens one conversation may use; then the local engine goes on."""
    token_budget_day: int | None = Field(None, ge=1)
    """Tokens all conversations of this process may use in a day."""
    cost_cap_usd: float | None = Field(None, gt=0)
    """US dollars all conversations of this process may cost in a day; needs the two prices."""
    llm_price_in: float = Field(0.0, ge=0)
    """US dollars for a million tokens of input, from the provider's price list."""
    llm_price_out: float = Field(0.0, ge=0)
    embeddings: Literal["local", "openai"] = "local"
    embeddings_model: str = "text-embedding-3-small"
    """Of an OpenAI-compatible service; used when EMBEDDINGS is openai, with LLM_BASE_URL and LLM_API_KEY."""
    chroma_url: str | None = None
    database_url: str | None = None
    home: Path = Field(default_factory=default_home)
    data_dir: Path = Field(default_factory=default_data_dir)
    retention_days: int = Field(180, ge=1)
    link_days: int | None = Field(None, ge=1)
    """Days after the last change in which a private link opens its draft; by default as long as the draft is kept."""
    public_url: str | None = None
    """The address of the site as browsers see it, such as https://scoping.city.example."""
    auth: Literal["local", "oidc", "both"] = "local"
    """How people sign in: with a password, at the city's own provider, or either."""
    oidc_issuer: str | None = None
    """The address of the provider, without /.well-known/openid-configuration."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_role_claim: str | None = None
    """The claim in which the provider lists groups or roles; without it the local account says the role."""
    oidc_roles: dict[str, Literal["applicant", "coach", "staff"]] = Field(default_factory=dict)
    """Which of our roles a value of that claim stands for, as JSON."""
    session_idle_minutes: int = Field(120, ge=1)
    session_hours: int = Field(12, ge=1)
    sign_in_tries: int = Field(10, ge=1)
    """Attempts at one account within 15 minutes; four times as many from one network address."""
    api_requests: int = Field(120, ge=1)
    """Requests that one token may make in a minute."""
    batch_rows: int = Field(10_000, ge=1)
    """Rows of one batch over the HTTP API."""
    log: Literal["text", "json"] = "text"
    """How the server writes its log, on standard error: failures for people, or every request as one JSON line."""
    metrics_token: SecretStr | None = None
    """Lets other machines read /metrics; without it only programs on this machine may."""
    question_limit: int = Field(14, ge=1, le=40)
    """How many questions an interview asks before it offers the brief."""

    @property
    def prompts(self) -> Path:
        """The folder of the prompts."""
        return self.home / "prompts"

    @property
    def corpus(self) -> Path:
        """The folder of the programme, passages, cases, words and model."""
        return self.home / "corpus"

    @property
    def database(self) -> str:
        """The address of the drafts' database: DATABASE_URL, or a file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'drafts.sqlite'}"

    @property
    def index_dir(self) -> Path:
        """Where the knowledge index lives; it can be deleted and built again."""
        return self.data_dir / "index"


def read_settings() -> Settings:
    """The settings of the environment and `.env`; raises ConfigError naming the one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "ASSISTANT_" + str(first["loc"][0]).upper().removeprefix("ASSISTANT_")
        raise ConfigError(f"{name}: {first['msg']}", fix=f"correct or unset {name}") from None
