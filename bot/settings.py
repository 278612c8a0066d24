"""Every setting, in one place, read from the environment (prefix ``BOT_``) or a ``.env`` file in the working folder."""

from datetime import time
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
    content_dir: Path = PROJECT
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

    # -- waybills of other carriers ----------------------------------------------------------------
    kuaidi100_customer: str | None = None
    kuaidi100_key: SecretStr | None = None
    kuaidi100_salt: SecretStr | None = None
    kuaidi100_callback_url: str | None = None
    kuaidi100_query_url: str | None = None
    kuaidi100_subscribe_url: str | None = None
    kuaidi100_guess_url: str | None = None
    sf_partner_id: str | None = None
    sf_checkword: SecretStr | None = None
    sf_url: str | None = None
    sf_push_token: SecretStr | None = None
    sf_register_routes: bool = False

    # -- SMS ---------------------------------------------------------------------------------------
    sms_routes: dict[str, str] = {}
    sms_sign_name: str = ""
    sms_callback_token: SecretStr | None = None
    sms_catalogue: Path | None = None
    sms_max_segments: int = 3
    sms_messages_per_hour: int = 20
    sms_per_number_per_day: int = 40
    sms_aliyun_access_key: str | None = None
    sms_aliyun_secret_key: SecretStr | None = None
    sms_aliyun_templates: dict[str, str] = {}
    sms_aliyun_extend_code: str = ""
    sms_aliyun_sources: list[str] = []
    sms_aliyun_endpoint: str = "https://dysmsapi.aliyuncs.com"
    sms_tencent_secret_id: str | None = None
    sms_tencent_secret_key: SecretStr | None = None
    sms_tencent_app_id: str | None = None
    sms_tencent_templates: dict[str, str] = {}
    sms_tencent_variable_chars: int = 6
    sms_tencent_extend_code: str = ""
    sms_tencent_sources: list[str] = []
    sms_tencent_region: str = "ap-guangzhou"
    sms_tencent_endpoint: str = "https://sms.tencentcloudapi.com"
    sms_twilio_account_sid: str | None = None
    sms_twilio_auth_token: SecretStr | None = None
    sms_twilio_sender: str | None = None
    sms_twilio_endpoint: str = "https://api.twilio.com"

    # -- WeChat Official Account -------------------------------------------------------------------
    wechat_app_id: str | None = None
    wechat_secret: SecretStr | None = None
    wechat_token: SecretStr | None = None
    wechat_aes_key: SecretStr | None = None
    wechat_aes_key_previous: SecretStr | None = None
    wechat_mode: Literal["plain", "compatible", "safe"] = "safe"
    wechat_reply: Literal["custom", "passive"] = "custom"
    wechat_api_url: str = "https://api.weixin.qq.com"
    wechat_quota_messages: int = 5
    wechat_quota_hours: float = 48.0
    wechat_quota_event_messages: int = 3
    wechat_quota_event_seconds: int = 60
    wechat_text_bytes: int = 2048
    wechat_msgmenu: bool = True
    wechat_records: bool = False
    wechat_unionid: bool = False
    wechat_templates: dict[str, str] = {}
    wechat_notices: Path | None = None
    wechat_menu: Path | None = None

    # -- WeCom customer service --------------------------------------------------------------------
    wecom_corp_id: str | None = None
    wecom_secret: SecretStr | None = None
    wecom_token: SecretStr | None = None
    wecom_aes_key: SecretStr | None = None
    wecom_aes_key_previous: SecretStr | None = None
    wecom_open_kfids: list[str] = []
    wecom_hand_over: Literal["desk", "pool", "servicers"] = "desk"
    wecom_servicers: list[str] = []
    wecom_api_url: str = "https://qyapi.weixin.qq.com"
    wecom_quota_messages: int = 5
    wecom_quota_hours: float = 48.0
    wecom_unionid: bool = False

    # -- processes, and what comes in and goes out -------------------------------------------------
    worker: Literal["inside", "separate"] = "inside"
    callback_processes: int = Field(default=0, ge=0, le=16)
    callback_port: int = 8081
    answers_at_once: int = Field(default=8, ge=1)
    inbox_at_once: int = Field(default=16, ge=1)
    inbox_hold_minutes: float = 5.0
    inbox_keep_days: float = 3.0
    delivery_at_once: int = Field(default=32, ge=1)
    delivery_give_up_hours: float = 24.0
    delivery_keep_days: float = 30.0

    # -- web chat ----------------------------------------------------------------------------------
    web_identity_secret: SecretStr | None = None
    web_upload_mb: int = 15
    web_uploads_per_minute: int = 10
    web_link_hours: float = 24.0

    # -- customers across channels, and notices ----------------------------------------------------
    phone_codes_per_phone: int = Field(default=5, ge=1)
    phone_codes_per_customer: int = Field(default=10, ge=1)
    phone_codes_per_address: int = Field(default=20, ge=1)
    notice_quiet_from: time = time(22)
    notice_quiet_until: time = time(8)

    # -- people of the desk ------------------------------------------------------------------------
    desk_session_hours: float = Field(default=12.0, gt=0)
    desk_session_idle_minutes: float = Field(default=120.0, gt=0)
    desk_second_factor_roles: list[str] = []
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid profile email"
    oidc_role_claim: str = ""
    oidc_roles: dict[str, str] = {}
    oidc_create_accounts: bool = False
    oidc_link_by_email: bool = True

    # -- handing over to people --------------------------------------------------------------------
    handover_assignment: Literal["offer", "pick"] = "offer"
    handover_picking: bool = True
    handover_calendar: str = "always"
    handover_grace_seconds: float = Field(default=30.0, ge=15)
    handover_passes: int = Field(default=2, ge=1)
    handover_nobody_minutes: float = Field(default=10.0, ge=0)
    handover_place_minutes: float = Field(default=3.0, gt=0)

    # -- supervising: from when a figure of the wall is amber, and from when red -------------------
    wall_accept_seconds: int = Field(default=60, ge=1)
    wall_waiting: tuple[float, float] = (5, 15)
    wall_longest_wait_seconds: tuple[float, float] = (60, 180)
    wall_service_level: tuple[float, float] = (0.8, 0.6)
    wall_abandoned: tuple[float, float] = (0.05, 0.1)
    wall_load: tuple[float, float] = (0.8, 1.0)
    wall_break_seconds: tuple[float, float] = (900, 1800)
    wall_overdue: tuple[float, float] = (1, 20)
    wall_failures: tuple[float, float] = (1, 20)
    wall_backlog: tuple[float, float] = (50, 500)
    quality_object_days: float = Field(default=14.0, gt=0)

    # -- telling other systems ---------------------------------------------------------------------
    webhook_private_addresses: bool = False

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()
