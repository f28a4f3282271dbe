"""The only door to the network: a request value goes out, a response value comes back."""

from importer.client.door import Client

__all__ = ["Client"]
