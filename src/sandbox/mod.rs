//! A local Workflow Endpoint with the S3 behind it.
