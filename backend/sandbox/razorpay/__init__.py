"""Razorpay as its callers see it: orders, payments, the hosted checkout."""
