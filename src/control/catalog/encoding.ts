// How uploads are encoded: the project's settings and an upload's own wish become what its job is told. Settings hold
// for jobs that begin afterwards; what has been encoded is not encoded again.

import type { encodingRoutes } from '#contract/api/encoding.ts';
import {
  DEFAULT_PRESET,
  type EncodingSettings,
  type JobEncoding,
  presetNameSchema,
} from '#contract/encoding.ts';
import { MeridianError } from '#contract/errors.ts';
import { PRESETS, presetOf } from '#media/ladder/presets.ts';
import { requireProject } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { writeSetting } from '../changes/settings.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';
import type { AssetRow } from './store.ts';

/** Routes of presets and settings. */
export function createEncodingHandlers({ clock, database }: ControlContext): Handlers<typeof encodingRoutes> {
  return {
    async 'GET /v1/presets'() {
      return {
        presets: presetNameSchema.options.map((name) => {
          const { summary, heights, renditionsLargeMax, frameRateMax, bitrateFactor, speed, isPerTitle } =
            PRESETS[name];
          return {
            ...{ name, summary, frameRateMax, bitrateFactor, speed, isPerTitle },
            shortSides: [...heights],
            renditionsMax: renditionsLargeMax,
          };
        }),
      };
    },
    async 'GET /v1/projects/{projectId}/encoding'({ params, principal }) {
      requireProject(principal, params.projectId);
      return settingsOf(database, params.projectId);
    },
    async 'PUT /v1/projects/{projectId}/encoding'({ params, body, principal }) {
      const { projectId } = params;
      requireProject(principal, projectId);
      await database.transaction().execute(async (transaction) => {
        await settingsOf(transaction, projectId);
        const columns = { preset: body.preset, is_per_title: body.isPerTitle, codecs: body.codecs };
        const written = await writeSetting(transaction, 'project.encoding', projectId, columns);
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'project.encoding',
          subject: projectId,
          projectId,
          details: { ...body, ...written },
        });
      });
      return body;
    },
  };
}

async function settingsOf(
  database: ControlDatabase | ControlTransaction,
  projectId: string,
): Promise<EncodingSettings> {
  const row = await database
    .selectFrom('projects')
    .select(['preset', 'is_per_title', 'codecs'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: `project ${projectId}` });
  // A later version may have known more names.
  const preset = presetNameSchema.catch(DEFAULT_PRESET).parse(row.preset);
  return { preset, isPerTitle: row.is_per_title, codecs: row.codecs };
}

/** What a job of an asset (of the version that `row` shows) is told. */
export async function jobEncoding(
  database: ControlDatabase,
  { project_id, preset }: Pick<AssetRow, 'project_id' | 'preset'>,
): Promise<{ encoding: JobEncoding }> {
  const settings = await settingsOf(database, project_id);
  const chosen = presetOf(preset ?? settings.preset);
  return {
    encoding: {
      preset: chosen.name,
      isPerTitle: settings.isPerTitle ?? chosen.preset.isPerTitle,
      codecs: settings.codecs,
    },
  };
}
