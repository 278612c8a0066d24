"""Every setting, in one place, read from the environment (prefix ``BOT_``) or a ``.env`` file in the working folder."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings with working defaults; ``docs/settings.md`` explains each to an operator."""

    model_config = SettingsConfigDict(env_prefix="BOT_", env_file=".env", extra="ignore")

    # -- who we are ------------------------------------------------------------------------------
    carrier_name: str = "云递速运"
    hotline: str = "400-888-0000"
    website: str = "www.example.com"

    # -- where things live -----------------------------------------------------------------------
    data_dir: Path = PROJECT / "var"
    cache_dir: Path = Path.home() / ".cache" / "kuaida"
    rasa_python: Path = PROJECT / ".venv-rasa" / "bin" / "python"

    # -- addresses ---------------------------------------------------------------------------------
    host: str = "127.0.0.1"
    port: int = 8080
    rasa_port: int = 5055
    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    public_url: str | None = None
    allowed_origins: list[str] = []

    # -- secrets (made at first start and kept in data_dir when not given) -------------------------
    secret_key: SecretStr | None = None
    rasa_token: SecretStr | None = None
    admin_password: SecretStr | None = None
    api_token: SecretStr | None = None

    # -- understanding -----------------------------------------------------------------------------
    encoder_model: str = "embedded"
    tune_in_background: bool = True
    nlu_timeout_s: float = 3.0
    faq_answer_threshold: float = 0.5
    faq_ask_threshold: float = 0.7

    # -- evidence ----------------------------------------------------------------------------------
    attachment_store: Literal["folder", "s3"] = "folder"
    attachment_folder: Path | None = None
    max_attachment_mb: int = 25
    s3_endpoint: str | None = None
    s3_region: str | None = None
    s3_bucket: str | None = None
    s3_prefix: str = ""
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_addressing: Literal["auto", "path", "virtual"] = "auto"
    evidence_window_hours: float = 24.0

    # -- limits ------------------------------------------------------------------------------------
    max_message_chars: int = 2000
    max_frame_bytes: int = 16 * 1024
    messages_per_minute: int = 40
    phone_tail_guesses: int = 5
    phone_tail_window_minutes: int = 60

    # -- telling other systems ---------------------------------------------------------------------
    webhook_private_addresses: bool = False

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()
