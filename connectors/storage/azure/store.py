"""Azure Blob Storage as a store."""

from __future__ import annotations

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.azure.credentials import STORE, read_credentials
from connectors.storage.azure.files import AzureFileSystem
from connectors.storage.kinds import StoreKind
from connectors.storage.object_files import ObjectFileSystem, ObjectStore
from connectors.storage.object_problems import object_problem


class AzureStore(ObjectStore):
    """The containers of one account."""

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        super().__init__(kind=kind, scheme=scheme, credentials=None, policy=policy)
        self._own = read_credentials(credentials, policy)

    def opened(self) -> ObjectFileSystem:
        return AzureFileSystem(credentials=self._own, policy=self.policy, skip_instance_cache=True,
                               use_listings_cache=False)  # fmt: skip

    def inner(self, url: str) -> str:
        """The path; of `abfss://container@account.dfs.core.windows.net/name` the account has to be the credentials'.

        Raises:
            ConnectorProblem: IR586 for another account.
        """
        inner = super().inner(url)
        place, slash, key = inner.partition("/")
        container, at, host = place.partition("@")
        if at and host.partition(".")[0] != self._own.account:
            raise ConnectorProblem(
                "IR586", f'the credentials are of the account "{self._own.account}", and not of "{host}"',
                key=("credentials_ref",), hint="name the secret of that account",
            )  # fmt: skip
        return f"{container}{slash}{key}"

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        return object_problem(error, shown, verb=verb, store=STORE, bucket="container",
                              denied="check account_key, or what the signature allows and until when")  # fmt: skip
