//! What many callers claim at once goes to the database as one statement: while one is on its way,
//! the next is gathered.

use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::ShardId;
use store::Claim;
use tokio::sync::oneshot;

use super::ClaimTable;
use crate::shard::Unavailable;

#[derive(Default)]
pub struct Together {
    waiting: Mutex<Vec<Asked>>,
    turn: tokio::sync::Mutex<()>,
}

struct Asked {
    claims: Vec<Claim>,
    answer: oneshot::Sender<Result<Vec<ShardId>, Unavailable>>,
}

impl Together {
    /// As [`ClaimTable::claim`].
    pub async fn claim(
        &self,
        table: &ClaimTable,
        shard: ShardId,
        claims: Vec<Claim>,
    ) -> Result<Vec<ShardId>, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.waiting().push(Asked { claims, answer });
        let _turn = self.turn.lock().await;
        let asked = std::mem::take(&mut *self.waiting());
        if !asked.is_empty() {
            // To its end, also when whoever began it goes: others wait for it.
            let claiming = tokio::spawn(claim_all(table.clone(), shard, asked));
            claiming.await.map_err(|_| Unavailable)?;
        }
        answered.await.map_err(|_| Unavailable)?
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn claim_all(table: ClaimTable, shard: ShardId, asked: Vec<Asked>) {
    let claims = asked.iter().flat_map(|it| it.claims.iter().copied()).collect();
    let claimed = table.claim(shard, claims).await;
    let mut whose = match claimed {
        Ok(whose) => whose.into_iter(),
        Err(error) => {
            tracing::error!(%error, "nothing can be claimed");
            for it in asked {
                // Whoever asked may have gone.
                let _ = it.answer.send(Err(Unavailable));
            }
            return;
        }
    };
    for Asked { claims, answer } in asked {
        let own = whose.by_ref().take(claims.len()).collect();
        // Whoever asked may have gone; then what is claimed is let go of when another asks for it.
        let _ = answer.send(Ok(own));
    }
}
