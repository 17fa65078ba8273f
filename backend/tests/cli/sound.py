"""A production configuration with nothing wrong, to break one thing at a time."""

from typing import Any

from app.core.config import Settings

SOUND: dict[str, Any] = {
    "environment": "production",
    "frontend_url": "https://shop.example",
    "backend_url": "https://api.shop.example",
    "secret_key": "q0Zr8-kWmJ4uVxT2sYb7LcN1dHfG9eAoPi3R6tEw",
    "encryption_key": "Xn5vB2yQ8mC7zK1jF4hT9wS6gD3aLpOuRiEe0rYk",
    "razorpay_key_id": "rzp_live_Xn5vB2yQ8mC7zK",
    "razorpay_key_secret": "jF4hT9wS6gD3aLpOuRiEe0rY",
    "razorpay_webhook_secret": "hT9wS6gD3aLpOuRiEe0rYkXn5vB2yQ8m",
    "razorpay_mode": "live",
    "email_provider": "sendgrid",
    "sendgrid_api_key": "SG.Xn5vB2yQ8mC7zK1jF4hT9w.S6gD3aLpOuRiEe0rYk",
    "sendgrid_from_email": "orders@shop.example",
    "sendgrid_webhook_public_key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    "sms_provider": "twilio",
    "twilio_account_sid": "AC5f0c2b7d9e1a4863",
    "twilio_auth_token": "5f0c2b7d9e1a48635f0c2b7d9e1a4863",
    "twilio_phone_number": "+15005550006",
}


def settings_with(**changes: Any) -> Settings:
    """SOUND with these changes; neither the environment nor a file is read."""
    return Settings.model_construct(**{**SOUND, **changes})


def environment_with(**changes: str) -> dict[str, str]:
    """The same as environment variables of a process."""
    return {name.upper(): value for name, value in {**SOUND, **changes}.items()}
