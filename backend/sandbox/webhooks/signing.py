"""How each provider proves that a webhook is its own."""

import base64
import hashlib
import hmac
import time
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def headers_for(provider: str, url: str, secret: str, event_id: str, body: str) -> dict[str, str]:
    """The headers of one attempt. `secret` is the webhook secret, the auth token, or the private key as PEM."""
    if provider == "razorpay":
        return {
            "Content-Type": "application/json",
            "User-Agent": "Razorpay-Webhook/v1",
            "X-Razorpay-Signature": hex_hmac_sha256(secret, body),
            "x-razorpay-event-id": event_id,
        }
    if provider == "twilio":
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": twilio_signature(secret, url, body),
            "I-Twilio-Idempotency-Token": event_id,
        }
    timestamp = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "User-Agent": "SendGrid Event API",
        "X-Twilio-Email-Event-Webhook-Signature": ecdsa_signature(secret, timestamp + body),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def hex_hmac_sha256(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def twilio_signature(auth_token: str, url: str, form_body: str) -> str:
    """HMAC-SHA1 over the whole URL, then every form field by name, name and value joined."""
    fields = sorted(parse_qsl(form_body, keep_blank_values=True))
    text = url + "".join(name + value for name, value in fields)
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def ecdsa_signature(private_key_pem: str, text: str) -> str:
    """Base64 of the DER signature, P-256 with SHA-256."""
    key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("the signing key must be an elliptic-curve key")
    return base64.b64encode(key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))).decode()


def new_signing_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def public_key(private_key_pem: str) -> str:
    """Base64 of the DER SubjectPublicKeyInfo, as SendGrid's settings page shows it."""
    key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()
