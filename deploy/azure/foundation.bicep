// What stands before any secret does: network, logs, registry, vault, identities, and the environment of the apps.
param instance string
param location string
param tags object
param vaultName string
param registryName string
param logDays int

@description('Who deploys: may write the secrets of the vault.')
param operatorId string

var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
var secretsOfficer = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7')

// PostgreSQL stands in a subnet of its own and has no public address. The rule that lets "Azure services" in would let in
// those of every customer of Azure.
resource network 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: 'vnet-gatehouse-${instance}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/16'] }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: '10.20.0.0/23'
          delegations: [{ name: 'apps', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: '10.20.2.0/28'
          delegations: [{ name: 'database', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } }]
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: 'gatehouse-${instance}.private.postgres.database.azure.com'
  location: 'global'
  tags: tags
}

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: network.name
  location: 'global'
  tags: tags
  properties: {
    registrationEnabled: false
    virtualNetwork: { id: network.id }
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-gatehouse-${instance}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logDays
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: registryName
  location: location
  tags: tags
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

// Purge protection cannot be taken back, and keeps a deleted vault for ninety days: without SECRET_KEYS every connection
// is lost. The vault has a public address, because who deploys writes into it and the platform reads from it; what
// protects it are roles.
resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: vaultName
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    enabledForTemplateDeployment: true
    publicNetworkAccess: 'Enabled'
  }
}

resource operatorWrites 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, operatorId, secretsOfficer)
  properties: {
    roleDefinitionId: secretsOfficer
    principalId: operatorId
  }
}

resource vaultAudit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: {
    workspaceId: logs.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

resource authIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-auth-server-${instance}'
  location: location
  tags: tags
}

resource mcpIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-mcp-server-${instance}'
  location: location
  tags: tags
}

resource rolesIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-database-roles-${instance}'
  location: location
  tags: tags
}

resource authPulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, authIdentity.id, acrPull)
  properties: {
    roleDefinitionId: acrPull
    principalId: authIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource mcpPulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, mcpIdentity.id, acrPull)
  properties: {
    roleDefinitionId: acrPull
    principalId: mcpIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource rolesPulls 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: registry
  name: guid(registry.id, rolesIdentity.id, acrPull)
  properties: {
    roleDefinitionId: acrPull
    principalId: rolesIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: 'cae-gatehouse-${instance}'
  location: location
  tags: tags
  properties: {
    // By way of the diagnostic setting below: the other destination would want a key of the workspace here.
    appLogsConfiguration: { destination: 'azure-monitor' }
    vnetConfiguration: {
      infrastructureSubnetId: '${network.id}/subnets/apps'
      internal: false
    }
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
  }
}

resource environmentLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: environment
  name: 'logs'
  properties: {
    workspaceId: logs.id
    // Not the log of requests: it keeps URLs, and a sign-in has codes in them.
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

output environmentId string = environment.id
output defaultDomain string = environment.properties.defaultDomain
output registryName string = registry.name
output registryServer string = registry.properties.loginServer
output vaultUri string = vault.properties.vaultUri
output databaseSubnetId string = '${network.id}/subnets/database'
output databaseZoneId string = zone.id
output authIdentityId string = authIdentity.id
output authPrincipalId string = authIdentity.properties.principalId
output mcpIdentityId string = mcpIdentity.id
output mcpPrincipalId string = mcpIdentity.properties.principalId
output rolesIdentityId string = rolesIdentity.id
output rolesPrincipalId string = rolesIdentity.properties.principalId
