// The loudness to which a project's uploads are brought. Off until somebody asks for it; it holds for jobs that begin
// afterwards, since what has been encoded is not encoded again.

import type { accessRoutes } from '#contract/api/access.ts';
import { projectScope } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { writeSetting } from '../changes/settings.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';

/** The route of the setting. */
export function createLoudnessHandlers({
  clock,
  database,
}: ControlContext): Handlers<typeof accessRoutes, 'PUT /v1/projects/{projectId}/loudness'> {
  return {
    async 'PUT /v1/projects/{projectId}/loudness'({ params, body, principal }) {
      const { projectId } = params;
      projectScope(principal, projectId);
      const { targetLufs } = body;
      await database.transaction().execute(async (transaction) => {
        const columns = { target_lufs: targetLufs };
        const written = await writeSetting(transaction, 'project.loudness', projectId, columns);
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'project.loudness',
          subject: projectId,
          projectId,
          details: { targetLufs, ...written },
        });
      });
      return { projectId, targetLufs };
    },
  };
}
