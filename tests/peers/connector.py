"""The connector's own code, as the platform runs it: its check, and its whole job."""

import logging
import os
import tempfile
from pathlib import Path

from unstructured_ingest.data_types.file_data import FileData, SourceIdentifiers
from unstructured_ingest.logger import logger
from unstructured_ingest.processes.connectors.fsspec.s3 import (
    S3AccessConfig,
    S3ConnectionConfig,
    S3Downloader,
    S3DownloaderConfig,
    S3Indexer,
    S3IndexerConfig,
    S3Uploader,
    S3UploaderConfig,
)

# Its warnings repeat what is asserted.
logger.setLevel(logging.CRITICAL)


class Connector:
    """A connector, from the config that the service was sent."""

    def __init__(self, config):
        self.url = config["remote_url"]
        access = {name: config[name] for name in ("key", "secret", "token") if config.get(name)}
        self.connection = S3ConnectionConfig(
            access_config=S3AccessConfig(**access),
            endpoint_url=config.get("endpoint_url"),
            anonymous=bool(config.get("anonymous")),
        )
        self.recursive = bool(config.get("recursive"))


class Destination(Connector):
    def _uploader(self):
        return S3Uploader(
            connection_config=self.connection,
            upload_config=S3UploaderConfig(remote_url=self.url),
        )

    def check(self):
        self._uploader().precheck()

    def upload(self, name, size):
        """A job that writes one file; its key is `name` and `.json`."""
        with tempfile.NamedTemporaryFile() as file:
            os.truncate(file.name, size)
            data = FileData(
                identifier=name,
                connector_type="s3",
                source_identifiers=SourceIdentifiers(filename=os.path.basename(name), fullpath=name),
            )
            self._uploader().run(path=Path(file.name), file_data=data)


class Source(Connector):
    def _indexer(self):
        index = S3IndexerConfig(remote_url=self.url, recursive=self.recursive)
        return S3Indexer(connection_config=self.connection, index_config=index)

    def check(self):
        self._indexer().precheck()

    def read(self):
        """A job that reads all; what each file holds, by its key."""
        with tempfile.TemporaryDirectory() as folder:
            downloader = S3Downloader(
                connection_config=self.connection,
                download_config=S3DownloaderConfig(download_dir=Path(folder)),
            )
            return {
                one.source_identifiers.fullpath: downloader.run(file_data=one)["path"].read_bytes()
                for one in self._indexer().run()
            }
