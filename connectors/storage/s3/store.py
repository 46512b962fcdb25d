"""A bucket's objects as files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

from connectors.policy import Policy
from connectors.problem import ConnectorProblem
from connectors.storage.account import Credentials
from connectors.storage.kinds import StoreKind
from connectors.storage.relay import relay
from connectors.storage.s3.credentials import read_credentials
from connectors.storage.s3.problems import NoStore, code_of, s3_problem
from connectors.storage.s3.uploading import Uploading
from connectors.storage.store import Found, Store, Upload
from connectors.storage.waiting import wait_for

_TIMEOUTS = {"connect_timeout": 10, "read_timeout": 60}
_RETRIES = {"mode": "standard", "max_attempts": 3}
"""Of answers 5xx, of too many requests and of lost connections; an upload is more patient than that."""


class S3Store(Store):
    """Reads through s3fs; writes in parts, each with its checksum, and conditionally where nothing is overwritten."""

    reads_ranges: ClassVar[bool] = True

    def __init__(self, *, kind: StoreKind, scheme: str, credentials: Credentials, policy: Policy) -> None:
        super().__init__(kind=kind, scheme=scheme, credentials=None, policy=policy)
        self.credentials = read_credentials(credentials, policy)

    @cached_property
    def system(self) -> Any:
        import s3fs

        own = self.credentials
        s3 = {"addressing_style": "path" if own.is_path_style else own.addressing_style}
        # Stores other than AWS refuse the checksums that newer clients add; each part has its MD5 instead.
        checksums = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
        arguments: dict[str, Any] = {}
        if self.policy.checks_addresses:
            from connectors.http.addresses import CheckedResolver

            arguments["connector_args"] = {"resolver": CheckedResolver(self.policy)}
        made = s3fs.S3FileSystem(
            anon=own.anonymous, key=own.access_key_id, secret=own.secret_access_key, token=own.session_token,
            endpoint_url=own.endpoint_url, client_kwargs={} if own.region is None else {"region_name": own.region},
            config_kwargs={**_TIMEOUTS, **checksums, **arguments, "retries": _RETRIES, "s3": s3},
            session=_session(own.profile), requester_pays=own.requester_pays, use_listings_cache=False,
            skip_instance_cache=True, default_block_size=8 * 1024**2, cache_regions=False,
        )  # fmt: skip
        made.retries = 2  # botocore has tried again already
        return made

    def waited_for(self, work: Any) -> Any:
        """What a coroutine gives that runs in the loop of the store's client."""
        return wait_for(self.system.loop, work)

    def glob(self, pattern: str) -> list[Found]:
        found = super().glob(pattern)
        if not found:
            self.exists(pattern)  # a bucket that is not there looks like an empty one
        return found

    def info(self, inner: str) -> Found | None:
        try:
            found = super().info(inner)
        except Exception as error:
            # the answer to HEAD has no body that would say what is wrong; a listing's has
            if code_of(error) in {"400", "403"}:
                self.exists(inner)
            raise
        if found is None:
            self.exists(inner)
        return found

    def exists(self, inner: str) -> bool:
        """By a listing, which tells a missing bucket and bad keys; who may not list asks for the object itself."""
        return bool(self.waited_for(self._exists(*_bucket_and_key(inner))))

    async def _exists(self, bucket: str, key: str) -> bool:
        client = await self.system.set_session()
        try:
            # a listing always has the bucket's name
            found = await client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1, **self._payer)
            if "Name" not in found:
                raise NoStore
            return any(each["Key"] == key for each in found.get("Contents", ()))
        except Exception as error:
            if code_of(error) != "AccessDenied":
                raise
        try:
            await client.head_object(Bucket=bucket, Key=key, **self._payer)
        except Exception as error:
            # Who may only write learns nothing here: the upload is conditional, and says it then.
            if code_of(error) in {"404", "403", "NoSuchKey", "NotFound", "Forbidden", "AccessDenied"}:
                return False
            raise
        return True

    @property
    def _payer(self) -> dict[str, str]:
        return {"RequestPayer": "requester"} if self.credentials.requester_pays else {}

    def put(self, path: Path, inner: str, upload: Upload) -> str | None:
        bucket, key = _bucket_and_key(inner)
        return self.waited_for(self._put(path, bucket, key, upload))  # type: ignore[no-any-return]

    async def _put(self, path: Path, bucket: str, key: str, upload: Upload) -> str | None:
        client = await self.system.set_session()
        await Uploading(client=client, bucket=bucket, key=key, upload=upload, credentials=self.credentials).send(path)
        if not upload.public:
            return None
        signed = await client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        return str(signed).partition("?")[0]

    def remove(self, inner: str) -> None:
        bucket, key = _bucket_and_key(inner)

        async def delete() -> None:
            client = await self.system.set_session()
            await client.delete_object(Bucket=bucket, Key=key)

        self.waited_for(delete())

    def network_file(self, inner: str) -> tuple[str, Mapping[str, str]] | None:
        """Polars reads S3 by itself: of a Parquet file only the columns and row groups that are wanted."""
        return f"s3://{inner}", self._network_options(_bucket_and_key(inner)[0])

    def _network_options(self, bucket: str) -> Mapping[str, str]:
        own, found = self.credentials, {"aws_region": self.waited_for(self._region(bucket))}
        keys: tuple[str | None, ...] = (own.access_key_id, own.secret_access_key, own.session_token)
        if own.uses_machine:
            keys = self.waited_for(self._machine_keys())
        named = zip(("aws_access_key_id", "aws_secret_access_key", "aws_session_token"), keys, strict=True)
        found |= {name: value for name, value in named if value}
        if own.endpoint_url is not None:
            found |= {"aws_endpoint_url": own.endpoint_url, "aws_allow_http": "true"}
            if not own.is_path_style:
                scheme, _, host = own.endpoint_url.partition("://")
                found["aws_endpoint_url"] = f"{scheme}://{bucket}.{host}"
            if self.policy.checks_addresses:
                found["aws_proxy_url"] = relay().url(self.policy)
        if not own.is_path_style:
            found["aws_virtual_hosted_style_request"] = "true"
        if own.anonymous:
            found["aws_skip_signature"] = "true"
        if own.requester_pays:
            found["aws_request_payer"] = "true"
        return found

    async def _region(self, bucket: str) -> str:
        if self.credentials.region is not None:
            return self.credentials.region
        client = await self.system.set_session()
        if self.credentials.endpoint_url is not None:
            return client.meta.region_name or "us-east-1"
        answer = await client.head_bucket(Bucket=bucket)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        return str(headers.get("x-amz-bucket-region") or client.meta.region_name or "us-east-1")

    async def _machine_keys(self) -> tuple[str | None, ...]:
        await self.system.set_session()
        credentials = await self.system.session.get_credentials()
        if credentials is None:
            return (None, None, None)
        frozen = await credentials.get_frozen_credentials()
        return (frozen.access_key, frozen.secret_key, frozen.token)

    def problem(self, error: Exception, shown: str, *, verb: str) -> ConnectorProblem:
        inside = getattr(error, "kwargs", {}).get("error")  # botocore's clothing of what its client met
        if isinstance(inside, ConnectorProblem):
            return inside
        return s3_problem(error, shown, verb=verb, credentials=self.credentials)


def _bucket_and_key(inner: str) -> tuple[str, str]:
    bucket, _, key = inner.partition("/")
    return bucket, key


def _session(profile: str | None) -> Any:
    """A session of botocore's own for each store, for the machine's keys may be others by then."""
    from aiobotocore.session import AioSession  # type: ignore[import-untyped]

    session = AioSession(profile=profile)
    session.register_component("data_loader", _descriptions(session.get_config_variable("data_path")))
    return session


@cache
def _descriptions(data_path: str | None) -> Any:
    """What botocore knows of S3, read from its files once and not for each store, which took 60 ms."""
    from botocore.loaders import create_loader  # type: ignore[import-untyped]

    return create_loader(data_path)
