"""A stand-in for the payment, e-mail and SMS providers, for development and tests.

It answers on the wire as Razorpay, SendGrid and Twilio do, so the real SDKs can be pointed at it. It imports nothing
of the application and is never deployed: it refuses to start when ENVIRONMENT is production.
"""
