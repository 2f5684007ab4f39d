// One instance of Gatehouse in one resource group, built in three stages that deploy.sh goes through in turn: each needs
// what the one before has left in the key vault or in the registry. A stage includes those before it, so that any of them
// can be run again.
targetScope = 'resourceGroup'

@description('Which instance this is: part of names and tags.')
@allowed(['team', 'prod'])
param instance string

@description('How far this deployment goes.')
@allowed(['foundation', 'database', 'apps'])
param stage string

@description('The commit both images were built from, in full.')
@minLength(40)
@maxLength(40)
param imageTag string

param location string = resourceGroup().location

@description('What every page calls itself.')
param serviceName string

@description('The name of the auth-server, or nothing for the one that Azure gives. Put it in before the first user: a new name is a new issuer, and everybody connects anew.')
param authDomain string

@description('The certificate of that name in the environment. While it is empty, the name is known and not used.')
param authCertificate string

@description('The name of the mcp-server, or nothing.')
param mcpDomain string
param mcpCertificate string

@description('Whether clients of the older transport (/sse) are served: then there is one mcp-server, whatever its scale says.')
param olderTransport bool

@description('The most replicas of each; there is always one.')
@minValue(1)
@maxValue(10)
param authReplicas int

@minValue(1)
@maxValue(10)
param mcpReplicas int

param databaseSku string

@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string

@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string

@minValue(7)
@maxValue(35)
param databaseBackupDays int

@description('Days the logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int

@description('A provider people sign in with, or nothing. Its secret is upstream-client-secret in the vault.')
param upstreamIssuer string
param upstreamClientId string
param upstreamAllow string

@description('Whether people sign in with e-mail and password.')
param localAccounts bool

var tags = { application: 'gatehouse', gatehouse: instance }
var unique = uniqueString(resourceGroup().id)
var vaultName = 'kv-${instance}-${unique}'
var databaseName = 'psql-gatehouse-${instance}-${unique}'
var databaseHost = '${databaseName}.postgres.database.azure.com'
var withUpstream = !empty(upstreamIssuer)

module foundation 'foundation.bicep' = {
  name: 'foundation-${instance}'
  params: {
    instance: instance
    location: location
    tags: tags
    vaultName: vaultName
    registryName: 'gatehouse${instance}${unique}'
    logDays: logDays
    operatorId: deployer().objectId
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

// Each identity reads what its own program needs, and no more: the mcp-server cannot read the key that signs.
module access 'access.bicep' = if (stage != 'foundation') {
  name: 'access-${instance}'
  params: {
    vaultName: vaultName
    readers: concat(
      [
        { secret: 'secret-keys', principalId: foundation.outputs.authPrincipalId }
        { secret: 'auth-server-database-url', principalId: foundation.outputs.authPrincipalId }
        { secret: 'mcp-server-database-url', principalId: foundation.outputs.mcpPrincipalId }
        { secret: 'postgres-admin-password', principalId: foundation.outputs.rolesPrincipalId }
        { secret: 'auth-server-database-url', principalId: foundation.outputs.rolesPrincipalId }
        { secret: 'mcp-server-database-url', principalId: foundation.outputs.rolesPrincipalId }
      ],
      withUpstream ? [{ secret: 'upstream-client-secret', principalId: foundation.outputs.authPrincipalId }] : []
    )
  }
}

module database 'database.bicep' = if (stage != 'foundation') {
  name: 'database-${instance}'
  params: {
    location: location
    tags: tags
    name: databaseName
    host: databaseHost
    sku: databaseSku
    tier: databaseTier
    highAvailability: databaseHighAvailability
    backupDays: databaseBackupDays
    subnetId: foundation.outputs.databaseSubnetId
    dnsZoneId: foundation.outputs.databaseZoneId
    // The deployment keeps where the secret is, not what it is.
    administratorPassword: vault.getSecret('postgres-admin-password')
    environmentId: foundation.outputs.environmentId
    registryServer: foundation.outputs.registryServer
    identityId: foundation.outputs.rolesIdentityId
    vaultUri: foundation.outputs.vaultUri
  }
  dependsOn: [access]
}

var ownAuthDomain = !empty(authDomain) && !empty(authCertificate)
var ownMcpDomain = !empty(mcpDomain) && !empty(mcpCertificate)
var authOrigin = ownAuthDomain ? 'https://${authDomain}' : 'https://auth-server.${foundation.outputs.defaultDomain}'
var mcpOrigin = ownMcpDomain ? 'https://${mcpDomain}' : 'https://mcp-server.${foundation.outputs.defaultDomain}'
var mcpUrl = '${mcpOrigin}/mcp'

module authServer 'app.bicep' = if (stage == 'apps') {
  name: 'auth-server-${instance}'
  params: {
    name: 'auth-server'
    location: location
    tags: tags
    image: '${foundation.outputs.registryServer}/auth-server:${imageTag}'
    port: 9000
    environmentId: foundation.outputs.environmentId
    registryServer: foundation.outputs.registryServer
    identityId: foundation.outputs.authIdentityId
    vaultUri: foundation.outputs.vaultUri
    domain: authDomain
    certificate: authCertificate
    maxReplicas: authReplicas
    affinity: 'none'
    references: concat(
      [
        { variable: 'SECRET_KEYS', secret: 'secret-keys' }
        { variable: 'DATABASE_URL', secret: 'auth-server-database-url' }
      ],
      withUpstream ? [{ variable: 'UPSTREAM_CLIENT_SECRET', secret: 'upstream-client-secret' }] : []
    )
    settings: concat(
      [
        { name: 'ISSUER', value: authOrigin }
        { name: 'RESOURCES', value: olderTransport ? '${mcpUrl} ${mcpOrigin}/sse' : mcpUrl }
        { name: 'SERVICE_NAME', value: serviceName }
        { name: 'LOCAL_ACCOUNTS', value: localAccounts ? 'on' : 'off' }
        // The link would stand in the logs, and whoever reads them could use it.
        { name: 'SETUP_LINK', value: 'off' }
        // One hop: the ingress, which writes down who it was asked by.
        { name: 'TRUSTED_PROXIES', value: '1' }
        { name: 'LOG_FORMAT', value: 'json' }
        // To the workspace of the logs, which keeps it.
        { name: 'AUDIT_LOG', value: 'stderr' }
      ],
      withUpstream
        ? [
            { name: 'UPSTREAM_ISSUER', value: upstreamIssuer }
            { name: 'UPSTREAM_CLIENT_ID', value: upstreamClientId }
            { name: 'UPSTREAM_ALLOW', value: upstreamAllow }
          ]
        : []
    )
  }
  dependsOn: [database]
}

module mcpServer 'app.bicep' = if (stage == 'apps') {
  name: 'mcp-server-${instance}'
  params: {
    name: 'mcp-server'
    location: location
    tags: tags
    image: '${foundation.outputs.registryServer}/mcp-server:${imageTag}'
    port: 8000
    environmentId: foundation.outputs.environmentId
    registryServer: foundation.outputs.registryServer
    identityId: foundation.outputs.mcpIdentityId
    vaultUri: foundation.outputs.vaultUri
    domain: mcpDomain
    certificate: mcpCertificate
    // A stream of /sse lives in one process, and the affinity of Azure is a cookie, which most MCP clients do not keep.
    // One process is what holds for all of them; the cookie helps those that keep it while a revision takes over.
    maxReplicas: olderTransport ? 1 : mcpReplicas
    affinity: 'sticky'
    references: [{ variable: 'DATABASE_URL', secret: 'mcp-server-database-url' }]
    settings: [
      { name: 'RESOURCE', value: mcpUrl }
      { name: 'ISSUER', value: authOrigin }
      { name: 'TRUSTED_PROXIES', value: '1' }
      { name: 'LOG_FORMAT', value: 'json' }
    ]
  }
  // It is ready when it has the keys of the issuer.
  dependsOn: [database, authServer]
}

output vaultName string = vaultName
output registryName string = foundation.outputs.registryName
output registryServer string = foundation.outputs.registryServer
output databaseHost string = databaseHost
output authOrigin string = authOrigin
output mcpOrigin string = mcpOrigin
output mcpUrl string = mcpUrl
