"""Google Cloud Storage as a store."""

from __future__ import annotations

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.gcs.credentials import STORE, read_credentials
from connectors.storage.gcs.files import GcsFileSystem
from connectors.storage.kinds import StoreKind
from connectors.storage.object_files import ObjectFileSystem, ObjectStore
from connectors.storage.object_problems import object_problem


class GcsStore(ObjectStore):
    """The buckets that the credentials may see."""

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        super().__init__(kind=kind, scheme=scheme, credentials=None, policy=policy)
        self._own = read_credentials(credentials, policy)

    def opened(self) -> ObjectFileSystem:
        return GcsFileSystem(credentials=self._own, policy=self.policy, skip_instance_cache=True,
                             use_listings_cache=False)  # fmt: skip

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        rights = "storage.objects.create and .delete" if verb == "written" else "storage.objects.get and .list"
        return object_problem(error, shown, verb=verb, store=STORE, bucket="bucket",
                              denied=f"give the account {rights} in this bucket")  # fmt: skip
