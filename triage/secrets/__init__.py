"""Secrets are masked before anything leaves the tool.

Masks what is a credential by its form (`forms`: tokens of clouds, hubs, registries, chats, JWTs,
passwords in URLs, headers), by its name (`named`: `password=`, `--token`, dumps of the environment,
kubeconfigs) or by the block it stands in (`blocks`: private keys, Kubernetes Secrets). What has
none of these cannot be found here. Lines stay lines, and masking twice changes nothing more.
"""

from __future__ import annotations

from triage.secrets.masking import MASK, mask, mask_value, masked

__all__ = ["MASK", "mask", "mask_value", "masked"]
