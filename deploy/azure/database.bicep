// PostgreSQL, reached from the network of the apps alone and by TLS alone, and the job that gives each program a database
// and a role of its own.
param location string
param tags object
param name string
param host string
param sku string
param tier string
param highAvailability string
param backupDays int
param subnetId string
param dnsZoneId string

@secure()
param administratorPassword string

param environmentId string
param registryServer string
param identityId string
param vaultUri string

var administrator = 'gatehouse_admin'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: tier }
  properties: {
    version: '17'
    administratorLogin: administrator
    administratorLoginPassword: administratorPassword
    authConfig: { passwordAuth: 'Enabled', activeDirectoryAuth: 'Disabled' }
    network: {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: dnsZoneId
    }
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: highAvailability }
  }
}

// The default, written down: a connection without TLS is refused, whatever a URL says.
resource tls 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = {
  parent: server
  name: 'require_secure_transport'
  properties: { value: 'on', source: 'user-override' }
}

// Started by deploy.sh: nothing outside the network reaches the server.
resource roles 'Microsoft.App/jobs@2025-07-01' = {
  name: 'database-roles'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    environmentId: environmentId
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 300
      replicaRetryLimit: 2
      registries: [{ server: registryServer, identity: identityId }]
      // In the container, there is nothing to ask for a token of this identity.
      identitySettings: [{ identity: identityId, lifecycle: 'None' }]
      secrets: [
        { name: 'postgres-admin-password', keyVaultUrl: '${vaultUri}secrets/postgres-admin-password', identity: identityId }
        { name: 'auth-server-database-url', keyVaultUrl: '${vaultUri}secrets/auth-server-database-url', identity: identityId }
        { name: 'mcp-server-database-url', keyVaultUrl: '${vaultUri}secrets/mcp-server-database-url', identity: identityId }
      ]
    }
    template: {
      containers: [
        {
          name: 'roles'
          image: '${registryServer}/postgres:17'
          command: ['/bin/sh', '-c', loadTextContent('roles.sh')]
          resources: { cpu: json('0.25'), memory: '0.5Gi' }
          env: [
            { name: 'PGHOST', value: host }
            { name: 'PGUSER', value: administrator }
            { name: 'PGDATABASE', value: 'postgres' }
            { name: 'PGSSLMODE', value: 'require' }
            { name: 'PGPASSWORD', secretRef: 'postgres-admin-password' }
            { name: 'AUTH_SERVER_DATABASE_URL', secretRef: 'auth-server-database-url' }
            { name: 'MCP_SERVER_DATABASE_URL', secretRef: 'mcp-server-database-url' }
          ]
        }
      ]
    }
  }
  dependsOn: [tls]
}
