// The loudness to which a project's uploads are brought. Off until somebody asks for it; it holds for jobs that begin
// afterwards, since what has been encoded is not encoded again.

import type { accessRoutes } from '#contract/api/access.ts';
import { MeridianError } from '#contract/errors.ts';
import { projectScope } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
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
        const { numUpdatedRows } = await transaction
          .updateTable('projects')
          .set({ target_lufs: targetLufs })
          .where('id', '=', projectId)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) throw new MeridianError('not_found', { what: `project ${projectId}` });
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'project.loudness',
          subject: projectId,
          projectId,
          details: { targetLufs },
        });
      });
      return { projectId, targetLufs };
    },
  };
}
