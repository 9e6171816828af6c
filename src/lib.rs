//! uns3: manage Amazon S3 destination connectors on the Unstructured platform.

pub mod sandbox;
