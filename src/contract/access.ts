// `access` in meridian.yaml: how people sign in through a provider of identities (OpenID Connect).

import { z } from 'zod';
import { projectIdSchema, regionIdSchema } from './identifiers.ts';

const roleRuleSchema = z.strictObject({
  group: z.string().min(1).max(256).describe('Value of the claim'),
  role: z.enum(['viewer', 'operator', 'admin']),
  regions: z
    .array(regionIdSchema)
    .min(1)
    .max(64)
    .optional()
    .describe('Regions in which an operator may act; absent: all'),
  project: projectIdSchema.optional().describe('Project to which the role is limited; absent: all'),
});

export const oidcConfigSchema = z.strictObject({
  label: z
    .string()
    .min(1)
    .max(64)
    .default('single sign-on')
    .describe('Stands on the button of the login page'),
  issuer: z.url({ protocol: /^https?$/ }).describe('Address of the provider; http only on loopback'),
  clientId: z.string().min(1).max(256),
  clientSecretFile: z
    .string()
    .min(1)
    .optional()
    .describe('File that holds the secret and nothing else; stronger than clientSecretEnv'),
  clientSecretEnv: z
    .string()
    .min(1)
    .default('MERIDIAN_OIDC_CLIENT_SECRET')
    .describe('Environment variable with the secret'),
  scopes: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default(['openid', 'profile'])
    .describe('What is asked for; openid and profile unless set, and openid always'),
  rolesClaim: z
    .string()
    .min(1)
    .max(100)
    .default('groups')
    .describe('Claim whose values give roles; email counts only when the provider has verified it'),
  logoutAtProvider: z
    .boolean()
    .default(true)
    .describe(
      'Logging out goes on at the provider, where it can; false for one that refuses this without an ID token',
    ),
  roles: z
    .array(roleRuleSchema)
    .min(1)
    .max(1_000)
    .describe('Which group has which role; whoever is in none of them does not get in'),
});

export const accessConfigSchema = z
  .strictObject({
    oidc: oidcConfigSchema.optional().describe('Sign-in through OpenID Connect; absent: API tokens alone'),
  })
  .prefault({});

export type OidcConfig = z.output<typeof oidcConfigSchema>;
