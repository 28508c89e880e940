//! Whether the engine has the images, and pulling them where that is asked for.
//!
//! testcontainers pulls whatever is missing; here that is decided before. This module must not know what an image is
//! for.

use futures_util::StreamExt;
use testcontainers::bollard::errors::Error as ApiError;
use testcontainers::bollard::query_parameters::CreateImageOptionsBuilder;

use crate::engine::{Engine, message};
use crate::error::{Cause, StartError};

/// A step of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullProgress {
    /// The image.
    pub image: String,
    /// The layer, if the step concerns one.
    pub layer: Option<String>,
    /// What the engine says, e.g. `Downloading`.
    pub status: String,
    /// How many bytes of how many, if the engine says so.
    pub bytes: Option<(u64, u64)>,
}

impl Engine {
    /// Which of these images the engine does not have, in their order.
    ///
    /// # Errors
    /// If the engine does not answer.
    pub async fn missing_images(&self, images: &[String]) -> Result<Vec<String>, StartError> {
        let mut missing = Vec::new();
        for image in images {
            match self.docker.inspect_image(image).await {
                Ok(_) => {}
                Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => {
                    missing.push(image.clone());
                }
                Err(error) => return Err(StartError::engine(format!("the image {image}"), &error)),
            }
        }
        Ok(missing)
    }

    /// Pulls one image from its public registry. Each step is told.
    ///
    /// # Errors
    /// [`Cause::Pull`] with what the engine says.
    pub async fn pull(
        &self,
        image: &str,
        mut progress: impl FnMut(PullProgress),
    ) -> Result<(), StartError> {
        let options = CreateImageOptionsBuilder::new().from_image(image).build();
        let mut steps = Box::pin(self.docker.create_image(Some(options), None, None));
        while let Some(step) = steps.next().await {
            let step = step.map_err(|error| Cause::Pull {
                image: image.to_owned(),
                message: message(&error),
            })?;
            let detail = step.progress_detail.unwrap_or_default();
            let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
            progress(PullProgress {
                image: image.to_owned(),
                layer: step.id,
                status: step.status.unwrap_or_default(),
                bytes: number(detail.current).zip(number(detail.total)),
            });
        }
        Ok(())
    }
}
