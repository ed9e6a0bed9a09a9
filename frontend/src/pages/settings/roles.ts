/** Roles from least to most; what each may do is the server's to say. */
export const ROLES = ['viewer', 'analyst', 'owner'] as const
